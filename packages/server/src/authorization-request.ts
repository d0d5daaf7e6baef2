/**
 * The authorization request (RFC 6749 §4.1.1): state, code verifier, code challenge and URL. The only file that imports arctic.
 *
 * arctic does no I/O here; see docs/decisions/arctic.md for why it stays, and why only here.
 */
import type { AuthorizationServerFacts } from "@evergrant/schema";
import { CodeChallengeMethod, OAuth2Client, generateCodeVerifier, generateState } from "arctic";
import { asksForIdToken, nonceOf } from "./id-token.ts";
import { fillAll } from "./placeholders.ts";

export interface AuthorizationRequest {
  /** Where the browser goes. */
  readonly url: string;
  /** 256 bits, base64url; comes back with the response. */
  readonly state: string;
  /** RFC 7636 §4.1; null where the provider takes no PKCE. */
  readonly codeVerifier: string | null;
}

/**
 * Makes one authorization request, with a state and code verifier that no other request has.
 *
 * @param request.scopes All that is asked for, those included that a refresh token needs.
 * @param request.optionalScopes Those of them that go beyond what is asked at every connect; some servers want them apart.
 * @see RFC 6749 §4.1.1, RFC 7636 §4.3
 */
export function createAuthorizationRequest(
  facts: AuthorizationServerFacts,
  request: { clientId: string; redirectUri: string; scopes: readonly string[]; optionalScopes?: readonly string[] },
): AuthorizationRequest {
  const client = new OAuth2Client(request.clientId, null, request.redirectUri);
  const state = generateState();
  const codeVerifier = facts.pkce === "unsupported" ? null : generateCodeVerifier();
  const method = facts.codeChallengeMethod === "plain" ? CodeChallengeMethod.Plain : CodeChallengeMethod.S256;
  // The scope parameter is ours to write below: arctic joins by a space only.
  const url =
    codeVerifier === null
      ? client.createAuthorizationURL(facts.authorizationEndpoint, state, [])
      : client.createAuthorizationURLWithPKCE(facts.authorizationEndpoint, state, method, codeVerifier, []);
  const parameters = url.searchParams;
  if (facts.clientIdParameter !== "client_id") {
    parameters.set(facts.clientIdParameter, request.clientId);
    parameters.delete("client_id");
  }
  if (facts.scopeSentWith.includes("authorization")) {
    const apart = facts.optionalScopeParameter === undefined ? [] : (request.optionalScopes ?? []);
    setList(
      parameters,
      facts.scopeParameter,
      request.scopes.filter((scope) => !apart.includes(scope)),
      facts.scopeSeparator,
    );
    setList(parameters, facts.optionalScopeParameter ?? "", apart, facts.scopeSeparator);
  }
  const more = { ...facts.authorizationParameters, ...facts.offlineAccess?.parameters };
  for (const [name, value] of Object.entries(fillAll(more, { clientId: request.clientId }))) parameters.set(name, value);
  if (asksForIdToken(facts, request.scopes)) parameters.set("nonce", nonceOf(state));
  return { url: url.href, state, codeVerifier };
}

function setList(parameters: URLSearchParams, name: string, scopes: readonly string[], separator: string): void {
  if (scopes.length > 0) parameters.set(name, scopes.join(separator));
}
