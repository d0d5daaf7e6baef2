/**
 * The authorization endpoint of a personality: its owner consents at once, or the request is refused on a page.
 */
import type { Answer, Endpoint, Surroundings } from "./behaviour.ts";

export interface AuthorizationOptions {
  /** Those that it knows; null where it takes none. */
  readonly scopes: readonly string[] | null;
  /** The name under which it grants a scope, where that is another; it is taken in a request as well. */
  readonly grantedAs?: (scope: string) => string;
  readonly scopeSeparator?: " " | ",";
  readonly scopeParameter?: string;
  /** Where `scope` must be exactly `scopes`: the parameter for others, and those. */
  readonly optional?: { readonly parameter: string; readonly scopes: readonly string[] };
  readonly clientIdParameter?: string;
  /** Parameters that must be there with these values. */
  readonly required?: Readonly<Record<string, string>>;
  /** Whether a code challenge (RFC 7636) is kept and checked; else it is ignored. */
  readonly pkce?: boolean;
  /** Whether the request asks for a refresh token; left out, one always comes. */
  readonly offline?: (query: URLSearchParams, scopes: readonly string[], surroundings: Surroundings) => boolean;
  /** Scopes that are never in the granted list. */
  readonly unnamed?: readonly string[];
  /** Which of the provider's origins holds the grant. */
  readonly home?: string;
  /** Added to the authorization response. */
  readonly callback?: (surroundings: Surroundings) => Readonly<Record<string, string>>;
}

/** Makes an authorization endpoint (RFC 6749 §3.1) with a provider's own demands. */
export function authorizationEndpoint(options: AuthorizationOptions): Endpoint {
  const { scopeSeparator = " ", scopeParameter = "scope", clientIdParameter = "client_id", required = {}, pkce = false } = options;
  const { grantedAs = (scope: string) => scope, unnamed = [], optional } = options;
  return {
    operationOf: () => "authorization",
    answer: ({ query }, surroundings) => {
      const redirectUri = query.get("redirect_uri") ?? "";
      if (query.get(clientIdParameter) !== surroundings.client.clientId) return refusedPage(clientIdParameter);
      if (!surroundings.redirectUris.has(redirectUri)) return refusedPage("redirect_uri");
      for (const [name, value] of Object.entries({ response_type: "code", ...required })) {
        if (query.get(name) !== value) return refusedPage(name);
      }
      const asked = listOf(query, scopeParameter, scopeSeparator);
      const known = new Set(options.scopes?.flatMap((scope) => [scope, grantedAs(scope)]));
      if (options.scopes !== null && (asked.length === 0 || asked.some((scope) => !known.has(scope)))) return refusedPage(scopeParameter);
      const others = listOf(query, optional?.parameter ?? "", scopeSeparator);
      if (optional !== undefined && asked.length !== options.scopes?.length) return refusedPage(scopeParameter);
      if (others.some((scope) => optional?.scopes.includes(scope) !== true)) return refusedPage(optional?.parameter ?? "");
      const challenge = pkce && query.get("code_challenge_method") === "S256" ? query.get("code_challenge") : null;
      const scopes = [...new Set([...asked, ...others].filter((scope) => !unnamed.includes(scope)).map((scope) => grantedAs(scope)))];
      const offline = options.offline?.(query, asked, surroundings) ?? true;
      const code = surroundings.ledger.consent({ scopes, redirectUri, codeChallenge: challenge, offline, home: options.home ?? null });

      const response = new URL(redirectUri);
      for (const [name, value] of Object.entries({ code, state: query.get("state") ?? "", ...options.callback?.(surroundings) })) {
        response.searchParams.set(name, value);
      }
      return { status: 302, headers: { location: response.href } };
    },
  };
}

function listOf(query: URLSearchParams, parameter: string, separator: string): string[] {
  return (query.get(parameter) ?? "").split(separator).filter((scope) => scope !== "");
}

/** Providers show such faults to the person, not to the client. */
function refusedPage(parameter: string): Answer {
  return { status: 400, body: `This request is not valid: ${parameter}`, headers: { "content-type": "text/plain" } };
}
