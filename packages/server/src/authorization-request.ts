/**
 * The authorization request (RFC 6749 §4.1.1): state, code verifier, code challenge and URL. The only file that imports arctic.
 *
 * arctic does no I/O here; see docs/decisions/arctic.md for why it stays, and why only here.
 */
import type { AuthorizationServerFacts } from "@evergrant/schema";
import { CodeChallengeMethod, OAuth2Client, generateCodeVerifier, generateState } from "arctic";

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
 * @see RFC 6749 §4.1.1, RFC 7636 §4.3
 */
export function createAuthorizationRequest(
  facts: AuthorizationServerFacts,
  request: { clientId: string; redirectUri: string; scopes: readonly string[] },
): AuthorizationRequest {
  const client = new OAuth2Client(request.clientId, null, request.redirectUri);
  const state = generateState();
  const codeVerifier = facts.pkce === "unsupported" ? null : generateCodeVerifier();
  // The scope parameter is ours to write below: arctic joins by a space only.
  const url =
    codeVerifier === null
      ? client.createAuthorizationURL(facts.authorizationEndpoint, state, [])
      : client.createAuthorizationURLWithPKCE(facts.authorizationEndpoint, state, CodeChallengeMethod.S256, codeVerifier, []);
  if (request.scopes.length > 0) url.searchParams.set("scope", request.scopes.join(facts.scopeSeparator));
  for (const [name, value] of Object.entries({ ...facts.authorizationParameters, ...facts.offlineAccess?.parameters })) {
    url.searchParams.set(name, value);
  }
  return { url: url.href, state, codeVerifier };
}
