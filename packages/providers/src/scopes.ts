/**
 * The one judgement of scopes (RFC 6749 §3.3): is it real, is it declared, is it granted. Pure; load, procedures and grants all use it.
 */
import type { AuthorizationServerFacts, ScopeJudgement, ScopeVerdict } from "@evergrant/schema";
import { nearest } from "./nearest.ts";

/** A scope-token, a little more widely than RFC 6749 §3.3 has it: what a server grants is taken as it comes, as long as it is one. */
const grantedScope = /^[\x21-\x7e]{1,512}$/;
/** More than any provider has: what a server sends must not fill a database. */
const mostGrantedScopes = 2_000;

/** What must be known of a provider to judge a scope. Both a catalogue entry and a described server have it. */
export type ScopeRules = Pick<AuthorizationServerFacts, "scopes" | "aliasPrefixes" | "openTo" | "defaultScopes" | "offlineAccess">;

/** What a list says of one scope; discovery brings names only. */
type ListedScope = NonNullable<AuthorizationServerFacts["scopes"]>[string];

/** What an integration can ask for. */
export interface DeclaredScopes {
  /** Asked for at every connect: what the integration names, or else the provider's `defaultScopes`. */
  readonly scopes: readonly string[];
  readonly optionalScopes: readonly string[];
  /** Asked for besides, because a refresh token needs them and `scopes` does not name them. Never missing. */
  readonly offlineScopes: readonly string[];
  /** All of the above: nothing else is ever asked for. */
  readonly ceiling: readonly string[];
}

/**
 * Judges a list scope by scope, in its order.
 *
 * Where the provider's list is not known (`scopes` absent), every scope is `allowed`. A scope that the ceiling implies, or names
 * in another spelling, is not `excess`: it asks for no more than is declared.
 *
 * @param rules.ceiling From `declaredScopes`; left out, nothing is `excess`.
 */
export function judgeScopes(
  list: readonly string[],
  rules: { provider: ScopeRules; allowUnlistedScopes?: readonly string[]; ceiling?: readonly string[] },
): ScopeJudgement[] {
  const { provider, allowUnlistedScopes = [], ceiling } = rules;
  const declared = ceiling === undefined ? null : heldScopes([...ceiling, ...(provider.offlineAccess?.scopes ?? [])], provider);
  return list.map((scope) => {
    const facts = factsOf(scope, provider);
    const verdict = verdictOn(scope, facts, provider, allowUnlistedScopes);
    return {
      scope,
      verdict: verdict !== "unknown" && declared?.has(scope) === false ? "excess" : verdict,
      description: facts?.description ?? null,
      sensitivity: facts?.sensitivity ?? null,
      nearest: verdict === "unknown" ? nearest(bareName(scope, provider), Object.keys(provider.scopes ?? {})) : [],
    };
  });
}

/**
 * Which of the required scopes a grant does not give, in their order.
 *
 * A granted scope gives what it implies and all its spellings. A scope that is only there for a refresh token is never missing:
 * servers leave it out of the granted list.
 *
 * @param provider Null where nothing is known of it yet: then a scope gives itself only.
 */
export function missingScopes(required: readonly string[], granted: readonly string[], provider: ScopeRules | null): string[] {
  const held = provider === null ? new Set(granted) : heldScopes([...granted, ...(provider.offlineAccess?.scopes ?? [])], provider);
  return required.filter((scope) => !held.has(scope));
}

/** What an integration can ask for at its provider, defaults filled in. */
export function declaredScopes(
  integration: { readonly scopes?: readonly string[] | undefined; readonly optionalScopes?: readonly string[] | undefined },
  provider: ScopeRules,
): DeclaredScopes {
  const scopes = integration.scopes ?? provider.defaultScopes;
  const optionalScopes = integration.optionalScopes ?? [];
  const named = new Set(scopes.flatMap((scope) => spellings(scope, provider)));
  const offlineScopes = (provider.offlineAccess?.scopes ?? []).filter((scope) => !named.has(scope));
  return { scopes, optionalScopes, offlineScopes, ceiling: [...new Set([...scopes, ...optionalScopes, ...offlineScopes])] };
}

/**
 * Reads the `scope` of a token response (RFC 6749 §5.1): a string with spaces or, as some servers have it, commas; or an array.
 *
 * @returns Null where there is none, which means "as requested". An empty string means that nothing was granted.
 */
export function parseGrantedScopes(raw: unknown): string[] | null {
  const words = typeof raw === "string" ? [raw] : Array.isArray(raw) ? raw.filter((word) => typeof word === "string") : null;
  if (words === null) return null;
  const scopes = words.flatMap((word) => word.split(/[\s,]+/)).filter((scope) => grantedScope.test(scope));
  return [...new Set(scopes)].slice(0, mostGrantedScopes);
}

/** All that a list of scopes gives: each in every spelling, and whatever it implies. */
export function heldScopes(scopes: readonly string[], provider: ScopeRules): ReadonlySet<string> {
  const held = new Set<string>();
  const queue = [...scopes];
  for (let scope = queue.pop(); scope !== undefined; scope = queue.pop()) {
    if (held.has(scope)) continue;
    held.add(scope);
    queue.push(...spellings(scope, provider), ...(listedFacts(scope, provider)?.implies ?? []));
  }
  return held;
}

/** Every way to write this one scope, itself first. */
export function spellings(scope: string, provider: ScopeRules): string[] {
  const bare = bareName(scope, provider);
  const short = listedFacts(bare, provider) === undefined ? scope : bare;
  const same = new Set([scope, short, ...(listedFacts(short, provider)?.aliases ?? [])]);
  for (const listed of aliasesOf(provider).get(short) ?? []) same.add(listed);
  if (listedFacts(short, provider) !== undefined) for (const prefix of provider.aliasPrefixes) same.add(prefix + short);
  return [...same];
}

/** Alias → the listed scopes that have it. Kept by list: a token read asks for it, and some lists hold thousands. */
const aliasIndexes = new WeakMap<object, ReadonlyMap<string, readonly string[]>>();

function aliasesOf({ scopes }: ScopeRules): ReadonlyMap<string, readonly string[]> {
  if (scopes === undefined) return new Map();
  const index = aliasIndexes.get(scopes) ?? indexAliases(scopes);
  aliasIndexes.set(scopes, index);
  return index;
}

function indexAliases(scopes: NonNullable<ScopeRules["scopes"]>): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const [listed, { aliases = [] }] of Object.entries(scopes)) {
    for (const alias of aliases) index.set(alias, [...(index.get(alias) ?? []), listed]);
  }
  return index;
}

function verdictOn(scope: string, facts: ListedScope | undefined, provider: ScopeRules, allowed: readonly string[]): ScopeVerdict {
  if (facts !== undefined) return "known";
  if (allowed.includes(scope) || provider.scopes === undefined) return "allowed";
  // A scope under the provider's own prefix is no tenant's: else a typo in it would pass for one.
  return bareName(scope, provider) === scope && provider.openTo.some(({ source }) => new RegExp(`^(?:${source})$`).test(scope))
    ? "tenant"
    : "unknown";
}

/** The facts of a scope in whichever spelling; undefined where the provider does not list it. */
function factsOf(scope: string, provider: ScopeRules): ListedScope | undefined {
  for (const spelling of spellings(scope, provider)) {
    const facts = listedFacts(spelling, provider);
    if (facts !== undefined) return facts;
  }
  return undefined;
}

function listedFacts(scope: string, provider: ScopeRules): ListedScope | undefined {
  // Not a plain lookup: "constructor" is a scope that nobody lists.
  return provider.scopes !== undefined && Object.hasOwn(provider.scopes, scope) ? provider.scopes[scope] : undefined;
}

/** The name behind the provider's own prefix, listed or not; the scope itself where it has none. */
function bareName(scope: string, provider: ScopeRules): string {
  const prefix = provider.aliasPrefixes.find((candidate) => scope.startsWith(candidate));
  return prefix === undefined ? scope : scope.slice(prefix.length);
}
