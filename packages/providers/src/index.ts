/**
 * `@evergrant/providers`: authorization servers as data, the typed app schema, and the one judgement of scopes.
 *
 * @module @evergrant/providers
 */
export type { Config } from "./define-config.ts";
export { defineConfig } from "./define-config.ts";
export { env } from "./env.ts";
export type { Like, Provider } from "./provider.ts";
export { provider, scopesLike } from "./provider.ts";
export type { Catalogue, ProviderId } from "./catalogue.ts";
export { loadProvider, providerIds } from "./catalogue.ts";
export type { DeclaredScopes, ScopeRules } from "./scopes.ts";
export { declaredScopes, heldScopes, judgeScopes, missingScopes, parseGrantedScopes } from "./scopes.ts";
export type { ConfigResolution, IntegrationResolution, ResolvedConfig, ResolvedIntegration } from "./resolved-config.ts";
export type { ResolveConfigOptions } from "./resolve-config.ts";
export { resolveConfig } from "./resolve-config.ts";
export type { ResolveIntegrationOptions } from "./resolve-integration.ts";
export { resolveIntegration } from "./resolve-integration.ts";
export type { DiscoveredServer, IntegrationCompletion } from "./complete-integration.ts";
export { completeIntegration } from "./complete-integration.ts";
export { reservedSegments } from "./redirect-paths.ts";
export { parseJsonConfig } from "./parse-json-config.ts";
