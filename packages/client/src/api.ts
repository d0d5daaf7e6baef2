/**
 * The procedures as types: what each takes and answers, from the shapes of `@evergrant/schema`. `api.test-d.ts` holds them equal to
 * the server's router, so that no published type needs the server.
 */
import type {
  apiKeyViewShape,
  apiKeysCreateInput,
  apiKeysCreateResult,
  apiKeysRevokeInput,
  authorizeInput,
  authorizeResult,
  configGetInput,
  configPutInput,
  configPutResult,
  configRemoveInput,
  configRemoveResult,
  confirmInput,
  connectionViewShape,
  connectionsGetInput,
  connectionsListInput,
  connectionsPageShape,
  disconnectInput,
  disconnectResult,
  eventsListInput,
  eventsPageShape,
  integrationSummaryShape,
  integrationViewShape,
  scopeJudgementShape,
  scopeLedgerEntryShape,
  scopesCheckInput,
  scopesLedgerInput,
  scopesListInput,
  sessionsCreateInput,
  sessionsCreateResult,
  sessionsRevokeInput,
  sessionsRevokeResult,
  Sensitivity,
  subjectsForgetInput,
  subjectsForgetResult,
  tokenAnswerShape,
  tokenStatusShape,
  tokensGetInput,
  tokensRefreshInput,
  tokensStatusInput,
} from "@evergrant/schema";

/** A shape as Standard Schema describes it: its types can be read without naming the library that made it. */
interface Shape {
  readonly "~standard": { readonly types?: { readonly input: unknown; readonly output: unknown } | undefined };
}
type Written<S extends Shape> = NonNullable<S["~standard"]["types"]>["input"];
type Read<S extends Shape> = NonNullable<S["~standard"]["types"]>["output"];

interface Procedure<Kind extends "query" | "mutation", Input, Output> {
  readonly kind: Kind;
  readonly input: Input;
  readonly output: Output;
}
type Query<Input, Output> = Procedure<"query", Input, Output>;
type Mutation<Input, Output> = Procedure<"mutation", Input, Output>;

/** A scope of a provider's list; only its name is known where the list was discovered (RFC 8414 §2). */
export interface ListedScope {
  scope: string;
  description?: string;
  sensitivity?: Sensitivity;
  implies?: string[];
  aliases?: string[];
}

/** Every procedure under its name (design 3.2). */
export interface Procedures {
  "config.list": Query<void, Read<typeof integrationViewShape>[]>;
  "config.get": Query<Written<typeof configGetInput>, Read<typeof integrationViewShape>>;
  "config.put": Mutation<Written<typeof configPutInput>, Read<typeof configPutResult>>;
  "config.remove": Mutation<Written<typeof configRemoveInput>, Read<typeof configRemoveResult>>;
  "integrations.list": Query<void, Read<typeof integrationSummaryShape>[]>;
  "scopes.list": Query<Written<typeof scopesListInput>, ListedScope[]>;
  "scopes.check": Query<Written<typeof scopesCheckInput>, Read<typeof scopeJudgementShape>[]>;
  "scopes.ledger": Query<Written<typeof scopesLedgerInput>, Read<typeof scopeLedgerEntryShape>[]>;
  "connections.authorize": Mutation<Written<typeof authorizeInput>, Read<typeof authorizeResult>>;
  "connections.confirm": Mutation<Written<typeof confirmInput>, Read<typeof connectionViewShape>>;
  "connections.list": Query<Written<typeof connectionsListInput>, Read<typeof connectionsPageShape>>;
  "connections.get": Query<Written<typeof connectionsGetInput>, Read<typeof connectionViewShape>>;
  "connections.disconnect": Mutation<Written<typeof disconnectInput>, Read<typeof disconnectResult>>;
  "tokens.get": Query<Written<typeof tokensGetInput>, Read<typeof tokenAnswerShape>>;
  "tokens.refresh": Mutation<Written<typeof tokensRefreshInput>, Read<typeof tokenAnswerShape>>;
  "tokens.status": Query<Written<typeof tokensStatusInput>, Read<typeof tokenStatusShape>>;
  "events.list": Query<Written<typeof eventsListInput>, Read<typeof eventsPageShape>>;
  "sessions.create": Mutation<Written<typeof sessionsCreateInput>, Read<typeof sessionsCreateResult>>;
  "sessions.revoke": Mutation<Written<typeof sessionsRevokeInput>, Read<typeof sessionsRevokeResult>>;
  "subjects.forget": Mutation<Written<typeof subjectsForgetInput>, Read<typeof subjectsForgetResult>>;
  "apiKeys.create": Mutation<Written<typeof apiKeysCreateInput>, Read<typeof apiKeysCreateResult>>;
  "apiKeys.list": Query<void, Read<typeof apiKeyViewShape>[]>;
  "apiKeys.revoke": Mutation<Written<typeof apiKeysRevokeInput>, { revoked: boolean }>;
}

/** Nothing that a caller hands in is changed, so it may be readonly all the way down. */
type Untouched<T> = T extends readonly (infer Entry)[]
  ? readonly Untouched<Entry>[]
  : T extends object
    ? { readonly [Key in keyof T]: Untouched<T[Key]> }
    : T;

type OfKind<Kind> = { [Path in keyof Procedures]: Procedures[Path]["kind"] extends Kind ? Path : never }[keyof Procedures];
/** The names of those that only look. */
export type QueryPath = OfKind<"query">;
/** The names of those that do. */
export type MutationPath = OfKind<"mutation">;
/** What a procedure takes. */
export type InputOf<Path extends keyof Procedures> = Untouched<Procedures[Path]["input"]>;
/** What a procedure answers. */
export type OutputOf<Path extends keyof Procedures> = Procedures[Path]["output"];
