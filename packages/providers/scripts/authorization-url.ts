/**
 * The authorization request that a provider's facts make (RFC 6749 §4.1.1, RFC 7636 §4.3), for those who check a provider and
 * for tests. The server makes its own, with a state and code verifier that nobody else knows.
 */
import { createHash } from "node:crypto";
import type { AuthorizationServerFacts } from "@evergrant/schema";

/** Where the browser would go. The endpoint's placeholders must be filled already. */
export function authorizationUrl(
  facts: AuthorizationServerFacts,
  request: { clientId: string; redirectUri: string; scopes: readonly string[]; state: string; codeVerifier: string },
): URL {
  const url = new URL(facts.authorizationEndpoint);
  const { scopes, state, codeVerifier } = request;
  const parameters = {
    response_type: "code",
    [facts.clientIdParameter]: request.clientId,
    redirect_uri: request.redirectUri,
    state,
    ...(scopes.length > 0 &&
      facts.scopeSentWith.includes("authorization") && { [facts.scopeParameter]: scopes.join(facts.scopeSeparator) }),
    ...(facts.pkce !== "unsupported" && {
      code_challenge: codeChallenge(codeVerifier, facts.codeChallengeMethod),
      code_challenge_method: facts.codeChallengeMethod,
    }),
    ...facts.authorizationParameters,
    ...facts.offlineAccess?.parameters,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

function codeChallenge(codeVerifier: string, method: AuthorizationServerFacts["codeChallengeMethod"]): string {
  return method === "plain" ? codeVerifier : createHash("sha256").update(codeVerifier).digest("base64url");
}
