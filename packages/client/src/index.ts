/**
 * `@evergrant/client`: tokens that work, from any JavaScript that has `fetch`.
 *
 * @module @evergrant/client
 */
export type { EvergrantClient, AccessTokenOptions, ByConnection, BySubject, EventsOptions, FetchOptions, TokenWishes } from "./client.ts";
export type { ClientOptions } from "./create-client.ts";
export type { CredentialOptions, Session } from "./credential.ts";
export { createClient } from "./create-client.ts";
export type { InputOf, ListedScope, MutationPath, OutputOf, Procedures, QueryPath } from "./api.ts";
export type { CallOptions } from "./transport.ts";
export type { IntegrationIdOf, ScopeOf, ScopesByIntegration, ScopesOf } from "./typed-config.ts";
export {
  EvergrantRequestError,
  EvergrantUnreachableError,
  MissingScopesError,
  NotConnectedError,
  ProviderUnavailableError,
  ReauthorizationRequiredError,
  ResourceHostError,
} from "./errors.ts";
