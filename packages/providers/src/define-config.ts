/**
 * `defineConfig`: the app schema, typed by the catalogue. Types only come in here, so a bundle of it holds no provider.
 */
import type { AppInput, InlineProvider, IntegrationClientInput, OAuthInput } from "@evergrant/schema";
import type { Catalogue, ProviderId } from "./catalogue.ts";
import type { Provider } from "./provider.ts";

declare const declared: unique symbol;

/**
 * A config as other packages see it: integration ids with the scopes that each declares. No client id or secret is in this type,
 * so none gets into a `.d.ts`. At run time it is what was written; `resolveConfig` reads it.
 */
export interface Config<Scopes extends Readonly<Record<string, string>> = Readonly<Record<string, string>>> {
  readonly [declared]?: Scopes;
  readonly integrations: object;
}

/** An authorization server that is not in the catalogue: one to discover, or one described here. */
type DescribedServer = { readonly issuer: string } | InlineProvider;

// `infer` on the entry, not `Catalogue[Id]["scopes"]`: that would resolve every scope of every provider for each config.
// `& Record<never, never>` keeps the compiler from swallowing the literals that a form matches, and completion with them.
type ScopeOf<Id> = Id extends ProviderId
  ? Catalogue[Id] extends Provider<infer _Id, infer Scope, infer _Default, infer _Parameter, infer Form>
    ? Scope | (Form & Record<never, never>)
    : never
  : string;
type DefaultOf<Id> = Id extends ProviderId
  ? Catalogue[Id] extends Provider<infer _Id, infer _Scope, infer Default, infer _Parameter, infer _Form>
    ? Default
    : never
  : string;
type ParameterOf<Id> = Id extends ProviderId
  ? Catalogue[Id] extends Provider<infer _Id, infer _Scope, infer _Default, infer Parameter, infer _Form>
    ? Parameter
    : never
  : never;

// Interfaces, and short ones: their names are what the compiler prints.
interface IntegrationOf<Id, Unlisted> extends IntegrationClientInput {
  readonly provider?: ProviderId | DescribedServer;
  readonly scopes?: readonly (ScopeOf<Id> | Unlisted)[];
  readonly optionalScopes?: readonly (ScopeOf<Id> | Unlisted)[];
  readonly allowUnlistedScopes?: readonly Unlisted[];
}
interface IntegrationWithParameters<Id, Name extends string, Unlisted> extends IntegrationOf<Id, Unlisted> {
  readonly parameters: { readonly [N in Name]: string };
}
interface IntegrationWithoutScopes<Id> extends IntegrationClientInput {
  readonly provider?: ProviderId | DescribedServer;
  /** Only so that this interface depends on its provider and is printed with it. */
  readonly [declared]?: Id;
}
interface IntegrationWithDescribedServer extends IntegrationClientInput {
  readonly provider: DescribedServer;
  readonly scopes?: readonly string[];
  readonly optionalScopes?: readonly string[];
  readonly allowUnlistedScopes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}
interface UnknownProvider<Id> extends IntegrationClientInput {
  readonly provider: ProviderId | DescribedServer;
  readonly scopes?: readonly string[];
  readonly optionalScopes?: readonly string[];
  readonly allowUnlistedScopes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
  /** Only so that this interface depends on its provider and is printed with it. */
  readonly [declared]?: Id;
}

// The parameter is inferred first and mapped afterwards: `Record<ParameterOf<Id>, string>` would resolve the whole catalogue.
type Of<Id, Unlisted> = [ParameterOf<Id>] extends [infer Name extends string]
  ? [Name] extends [never]
    ? [ScopeOf<Id>] extends [never]
      ? IntegrationWithoutScopes<Id>
      : IntegrationOf<Id, Unlisted>
    : IntegrationWithParameters<Id, Name, Unlisted>
  : never;

type UnlistedOf<Entry> = Entry extends { readonly allowUnlistedScopes: readonly (infer Scope)[] } ? Scope : never;
/** The catalogue id or description that an entry means: what it says, else its own key. */
type MeantBy<Key, Entry> = Entry extends { readonly provider: infer Named } ? Named : Key;

// `extends object`, not `DescribedServer`: that would resolve the whole shape of a provider for each config.
type Valid<Key, Entry> =
  MeantBy<Key, Entry> extends infer Meant
    ? Meant extends ProviderId
      ? Of<Meant, UnlistedOf<Entry>>
      : Meant extends object
        ? IntegrationWithDescribedServer
        : UnknownProvider<Key>
    : never;

/** `Entry` is inferred from the branch never taken; the one taken is the plain shape, so an error lands on the wrong word and completion works. */
type Checked<Key, Entry> = [Entry] extends [never] ? Entry : Valid<Key, Entry>;

type DeclaredBy<Key, Entry> =
  | (Entry extends { readonly scopes: readonly (infer Scope extends string)[] } ? Scope : DefaultOf<MeantBy<Key, Entry>>)
  | (Entry extends { readonly optionalScopes: readonly (infer Scope extends string)[] } ? Scope : never);

/** Only so that an editor offers provider ids as keys. */
type KeyHints = { readonly [Id in ProviderId]?: unknown };

interface AppSettings extends Omit<AppInput, "integrations"> {}
interface OAuthSettings extends Omit<OAuthInput, "providers"> {}

/**
 * Declares the app schema. A scope that the provider does not have, a wrong provider, parameter or key does not compile,
 * and the error stands at the wrong word.
 *
 * @example
 * export default defineConfig({
 *   integrations: {
 *     oauth: {
 *       providers: {
 *         github: { clientId: env("GITHUB_CLIENT_ID"), clientSecret: env("GITHUB_CLIENT_SECRET"), scopes: ["read:user"] },
 *       },
 *     },
 *   },
 * });
 */
export function defineConfig<const Entries extends object>(
  config: AppSettings & {
    readonly integrations: {
      readonly oauth: OAuthSettings & {
        readonly providers: { readonly [Key in keyof Entries]: Checked<Key, Entries[Key]> } & KeyHints;
      };
    };
  },
): Config<{ readonly [Key in keyof Entries & string]: DeclaredBy<Key, Entries[Key]> }> {
  return config;
}
