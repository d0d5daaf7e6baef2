/**
 * How a catalogue entry is written down: only what a config can name is a type parameter, so a provider is one line of literals in a `.d.ts`.
 */
import type { ProviderFactsInput, ScopeFacts } from "@evergrant/schema";

/** A provider with the words that a config may use for it as literal types: its id, scopes, defaults, URL parameters and open forms. */
export interface Provider<
  Id extends string = string,
  Scope extends string = string,
  Default extends string = string,
  Parameter extends string = string,
  Form extends string = string,
> {
  readonly id: Id;
  readonly scopes: { readonly [S in Scope]: ScopeFacts };
  readonly defaultScopes: readonly Default[];
  readonly urlParameters?: readonly Parameter[];
  readonly openTo?: readonly Like<Form>[];
}

declare const like: unique symbol;

// Apart from `Provider`, so that a config is checked without resolving the whole shape of a provider.
interface OtherFacts extends Omit<ProviderFactsInput, keyof Provider> {}

/** An anchored regular expression, with the template literal type of what it matches. */
export interface Like<Form extends string> {
  readonly source: string;
  readonly [like]?: Form;
}

/**
 * Declares a provider. The identity at run time.
 *
 * @example
 * export const acme = provider({
 *   id: "acme",
 *   name: "Acme",
 *   docsUrl: "https://acme.example/docs/oauth",
 *   confidence: "high",
 *   authorizationEndpoint: "https://acme.example/oauth/authorize",
 *   tokenEndpoint: "https://acme.example/oauth/token",
 *   defaultScopes: ["read"],
 *   scopes: { read: { description: "Read everything", sensitivity: "read" } },
 * });
 */
export function provider<
  const Id extends string,
  const Scope extends string = never,
  const Default extends Scope = never,
  const Parameter extends string = never,
  const Form extends string = never,
>(facts: OtherFacts & Provider<Id, Scope, Default, Parameter, Form>): Provider<Id, Scope, Default, Parameter, Form> {
  return facts;
}

/**
 * A form in which a provider's tenants name scopes of their own. A template literal type cannot be read off an expression, so both are written.
 *
 * @example scopesLike<`user:${string}`>(/^user:.+$/)
 */
export function scopesLike<Form extends string>(pattern: RegExp): Like<Form> {
  return { source: pattern.source };
}
