/**
 * Ending tokens at the provider: RFC 7009, or as the provider has it.
 */
import type { AuthorizationServerFacts, RevocationOutcome, Secret } from "@evergrant/schema";
import { type AuthorizationServer, clientValues, rawBasic, requestRfc7009Revocation } from "./authorization-server.ts";
import { TransportError, requestDeadlineMs } from "./guarded-fetch.ts";
import { readRefusal } from "./token-response.ts";
import { type Captured, capturedValues, fill, fillAll, nothingCaptured } from "./placeholders.ts";

type Revocation = NonNullable<AuthorizationServerFacts["revocation"]>;

/** What is to be revoked; null where there is none. */
export interface RevokedTokens {
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
}

/**
 * Revokes a grant's tokens, the refresh token first (RFC 7009 §2.1).
 *
 * @returns `revoked` also where the server did not know a token (§2.2); `unsupported` where it offers no revocation.
 */
export async function requestRevocation(
  server: AuthorizationServer,
  tokens: RevokedTokens,
  captured: Captured = nothingCaptured,
): Promise<RevocationOutcome> {
  const { revocation } = server.facts;
  if (tokens.accessToken === null && tokens.refreshToken === null) return "nothing_held";
  if (revocation === undefined) return "unsupported";
  try {
    if (revocation.method === "rfc7009") return await revokeEach(server, revocation, tokens);
    if (tokens.accessToken === null) return "unsupported";
    const response =
      revocation.method === "bearer"
        ? await server.fetch(revocation.endpoint, {
            method: revocation.httpMethod ?? "POST",
            headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` },
            deadlineMs: requestDeadlineMs,
          })
        : await sendRequest(server, revocation, tokens, captured);
    // 401: the access token that speaks for itself has ended already, and 404: it is not known. Both are what was asked for.
    const isGone = response.status === 401 || response.status === 404;
    return isGone || (await hasEnded(response, server)) ? "revoked" : "unreachable";
  } catch (error) {
    if (error instanceof TransportError) return "unreachable";
    throw error;
  }
}

async function revokeEach(server: AuthorizationServer, revocation: Revocation, tokens: RevokedTokens): Promise<RevocationOutcome> {
  const { accessToken, refreshToken } = tokens;
  const revoke = async (token: Secret | null, hint: "access_token" | "refresh_token"): Promise<boolean> =>
    token === null || hasEnded(await requestRfc7009Revocation(server, revocation, { value: token.reveal(), hint }), server);
  const refreshEnded = await revoke(refreshToken, "refresh_token");
  // With the refresh token its grant has ended, unless a revocation ends one token only.
  const accessEnded = refreshToken !== null && revocation.ends !== "token" ? true : await revoke(accessToken, "access_token");
  return refreshEnded && accessEnded ? "revoked" : "unreachable";
}

/** What servers call a token that they do not, or no longer, take: as good as revoked (RFC 7009 §2.2). */
const endedErrors = new Set(["invalid_token", "invalid_grant", "token_revoked", "invalid_auth"]);

/** Whether an answer says that the token has ended, by this request or before it. */
async function hasEnded(response: Response, { facts }: AuthorizationServer): Promise<boolean> {
  const error = readRefusal(await response.text(), facts);
  return error === null ? response.ok : response.status < 500 && endedErrors.has(error);
}

/** A revocation request spelled out in the provider's facts. */
function sendRequest(server: AuthorizationServer, revocation: Revocation, tokens: RevokedTokens, captured: Captured): Promise<Response> {
  const { httpMethod, format, parameters, headers } = revocation.request ?? {
    httpMethod: "POST",
    format: "form",
    parameters: {},
    headers: {},
  };
  const revealed = { accessToken: tokens.accessToken?.reveal() ?? null, refreshToken: tokens.refreshToken?.reveal() ?? null };
  const values = { ...clientValues(server), ...capturedValues(captured), ...revealed };
  const filled = fillAll(parameters, values);
  const method = revocation.clientAuthentication;
  const basic =
    method === "client_secret_basic" || method === "client_secret_basic_raw"
      ? { authorization: rawBasic(server.clientId, server.clientSecret?.reveal() ?? "") }
      : {};
  return server.fetch(fill(revocation.endpoint, values) ?? revocation.endpoint, {
    method: httpMethod,
    headers: {
      ...basic,
      ...Object.fromEntries(Object.entries(fillAll(headers, values)).map(([name, value]) => [name.toLowerCase(), value])),
      "content-type": format === "json" ? "application/json" : "application/x-www-form-urlencoded",
    },
    body: format === "json" ? JSON.stringify(filled) : new URLSearchParams(filled).toString(),
    deadlineMs: requestDeadlineMs,
  });
}
