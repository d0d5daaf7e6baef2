/**
 * The app's own config, as a type: integration ids and scopes become its literals.
 */
import type { IntegrationIdOf, ScopeOf, ScopesByIntegration, ScopesOf } from "@evergrant/client";

/**
 * Told by the app, once; without it any string is an id and a scope.
 *
 * @example
 * import type config from "../evergrant.config.ts";
 *
 * declare module "@evergrant/react" {
 *   interface Register {
 *     config: typeof config;
 *   }
 * }
 */
export interface Register {}

/** Integration id → its scopes, of the config that the app registered. */
export type RegisteredScopes = Register extends { readonly config: infer Config extends object } ? ScopesOf<Config> : ScopesByIntegration;

/** The ids of the registered config. */
export type IntegrationId = IntegrationIdOf<RegisteredScopes>;

/** The scopes that an integration declares, those for later included. */
export type IntegrationScope<Id extends IntegrationId> = ScopeOf<RegisteredScopes, Id>;
