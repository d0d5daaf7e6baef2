/**
 * What `typeof config` tells the client: integration ids, and the scopes that each of them declares.
 */

/** Integration id → the scopes that it may ask for, as a union of literals. */
export type ScopesByIntegration = Readonly<Record<string, string>>;

/**
 * The integrations of a config made by `defineConfig` of `@evergrant/providers`; any id and any scope where there is no such config.
 *
 * `defineConfig` keeps them under its type's one symbol key, so they are read without importing that package.
 */
export type ScopesOf<Config> = [keyof Config & symbol] extends [never]
  ? ScopesByIntegration
  : Extract<Config[keyof Config & symbol], ScopesByIntegration>;

/** The integration ids of a config. */
export type IntegrationIdOf<Scopes> = keyof Scopes & string;

/** The scopes that an integration declares; of all integrations where the id is their union. */
export type ScopeOf<Scopes, Id extends keyof Scopes> = Scopes[Id] & string;
