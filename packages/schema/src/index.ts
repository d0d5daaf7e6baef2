/**
 * `@evergrant/schema`: the words that server, client and config share.
 *
 * @module @evergrant/schema
 */
export type { Sensitivity, ScopeFacts, ScopeVerdict, ScopeJudgement, ScopeLedgerEntry, ScopeLedgerKind } from "./scopes.ts";
export {
  scopeShape,
  scopesShape,
  sensitivityShape,
  scopeFactsShape,
  scopeVerdictShape,
  scopeJudgementShape,
  scopeLedgerEntryShape,
  scopeLedgerKindShape,
} from "./scopes.ts";
export { endpointShape, isLoopbackHost } from "./endpoint.ts";
export type { ClientAuthentication } from "./provider-requests.ts";
export { clientAuthenticationShape, accountShape, revocationShape } from "./provider-requests.ts";
export type { Rotation, InlineProvider, ProviderFacts, ProviderFactsInput, AuthorizationServerFacts } from "./provider.ts";
export { pkceShape, rotationShape, offlineAccessShape, inlineProviderShape, providerShape } from "./provider.ts";
export type {
  EnvironmentReference,
  IntegrationClientInput,
  IntegrationInput,
  OAuthInput,
  AppInput,
  Integration,
  App,
  IntegrationView,
  IntegrationSummary,
} from "./config.ts";
export {
  integrationIdShape,
  environmentReferenceShape,
  settingShape,
  issuerShape,
  originShape,
  publicUrlShape,
  integrationShape,
  oauthShape,
  appShape,
  integrationViewShape,
  configGetInput,
  configPutInput,
  configPutResult,
  configRemoveInput,
  configRemoveResult,
  integrationSummaryShape,
  scopesListInput,
  scopesCheckInput,
  scopesLedgerInput,
} from "./config.ts";
export type { RefreshSettings, RefreshOutcome } from "./refresh.ts";
export { refreshSettingsShape, refreshOutcomeShape } from "./refresh.ts";
export type { UnavailableReason, TokenAnswer, ActiveAnswer, Resource, TokensGetInput, TokenStatus } from "./tokens.ts";
export {
  activeAnswerShape,
  reauthorizationAnswerShape,
  missingScopesAnswerShape,
  notConnectedAnswerShape,
  unavailableReasonShape,
  unavailableAnswerShape,
  tokenAnswerShape,
  tokensGetInput,
  tokensRefreshInput,
  tokensStatusInput,
  tokenStatusShape,
} from "./tokens.ts";
export type {
  ReauthorizationReason,
  ConnectionStatus,
  ConnectionView,
  AuthorizeInput,
  RevocationOutcome,
  FlowError,
} from "./connections.ts";
export {
  connectionIdShape,
  subjectShape,
  reauthorizationReasonShape,
  connectionStatusShape,
  connectionViewShape,
  connectionsGetInput,
  connectionsListInput,
  connectionsPageShape,
  authorizeInput,
  authorizeResult,
  confirmInput,
  disconnectInput,
  revocationOutcomeShape,
  disconnectResult,
  flowErrorShape,
} from "./connections.ts";
export type { EventType, EvergrantEvent } from "./events.ts";
export { eventTypeShape, eventShape, eventsListInput, eventsPageShape, eventsStreamInput } from "./events.ts";
export type { WebhookView, WebhookDisabledReason, DeliveryError, DeliveryState, DeliveryView, WebhookMessage } from "./webhooks.ts";
export {
  webhookViewShape,
  webhooksCreateInput,
  webhooksCreateResult,
  webhooksUpdateInput,
  webhooksRemoveInput,
  webhooksRotateSecretInput,
  webhooksRotateSecretResult,
  deliveryErrorShape,
  deliveryStateShape,
  deliveryViewShape,
  webhooksDeliveriesInput,
  webhooksDeliveriesResult,
  webhooksReplayInput,
  webhooksReplayResult,
  webhooksTestInput,
  webhooksTestResult,
  webhookMessageShape,
} from "./webhooks.ts";
export type { Permission, ApiKeysCreateInput, ApiKeyView } from "./api-keys.ts";
export { permissionShape, apiKeysCreateInput, apiKeyViewShape, apiKeysCreateResult, apiKeysRevokeInput } from "./api-keys.ts";
export type { SessionsCreateInput, SessionsCreateResult, SessionsRevokeInput } from "./sessions.ts";
export { sessionsCreateInput, sessionsCreateResult, sessionsRevokeInput, sessionsRevokeResult } from "./sessions.ts";
export type { SubjectsForgetResult } from "./subjects.ts";
export { subjectsForgetInput, subjectsForgetResult } from "./subjects.ts";
export type { IdentityProviderInput, IdentityProviderSettings, JwtAlgorithm } from "./identity-provider.ts";
export { identityProviderShape, jwtAlgorithmShape } from "./identity-provider.ts";
export type { ErrorCode, ConfigFault } from "./errors.ts";
export { errorCodeShape, configFaultShape } from "./errors.ts";
export type { DataKeyReason, DataKeyView, KeysStatus, UnreadableSecret, ResealCount, NewKey, KeysRetireResult } from "./keys.ts";
export { dataKeyReasonShape, keysStatusShape, keysRotateInput, keysRotateResult, keysRetireInput, keysRetireResult } from "./keys.ts";
export type { ImportLine, ImportResult } from "./import.ts";
export { importLineShape } from "./import.ts";
export type { ActorKind, AuditEntry, AuditFilter, AuditVerdict } from "./audit.ts";
export { actorKindShape, auditEntryShape, auditListInput, auditPageShape } from "./audit.ts";
export type { AuditSettings, RetentionSettings } from "./record-keeping.ts";
export { auditSettingsShape, retentionShape } from "./record-keeping.ts";
export { describeError, describeStack, looksSecret, redactFields, redactText } from "./redaction.ts";
export { Secret, revealingJson, secretShape } from "./secret.ts";
