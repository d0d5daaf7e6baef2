/**
 * Ending tokens at the provider: RFC 7009, or as the provider has it.
 */
import type { AuthorizationServerFacts, RevocationOutcome } from "@evergrant/schema";
import { type AuthorizationServer, clientValues, requestDeadlineMs, requestRfc7009Revocation } from "./authorization-server.ts";
import { TransportError } from "./guarded-fetch.ts";
import { type Captured, capturedValues, fill, fillAll, nothingCaptured } from "./placeholders.ts";

type Revocation = NonNullable<AuthorizationServerFacts["revocation"]>;

/** What is to be revoked; null where there is none. */
export interface RevokedTokens {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
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
            headers: { authorization: `Bearer ${tokens.accessToken}` },
            deadlineMs: requestDeadlineMs,
          })
        : await sendRequest(server, revocation, tokens, captured);
    // 401: the access token has ended already, and 404: it is not known. Both are what was asked for.
    return response.ok || response.status === 401 || response.status === 404 ? "revoked" : "unreachable";
  } catch (error) {
    if (error instanceof TransportError) return "unreachable";
    throw error;
  }
}

async function revokeEach(server: AuthorizationServer, revocation: Revocation, tokens: RevokedTokens): Promise<RevocationOutcome> {
  let outcome: RevocationOutcome = "revoked";
  const { accessToken, refreshToken } = tokens;
  if (refreshToken !== null && !(await requestRfc7009Revocation(server, revocation, { value: refreshToken, hint: "refresh_token" }))) {
    outcome = "unreachable";
  }
  // With the refresh token its grant has ended, unless a revocation ends one token only.
  const alsoAccess = refreshToken === null || revocation.ends === "token";
  if (
    accessToken !== null &&
    alsoAccess &&
    !(await requestRfc7009Revocation(server, revocation, { value: accessToken, hint: "access_token" }))
  ) {
    outcome = "unreachable";
  }
  return outcome;
}

/** A revocation request spelled out in the provider's facts. */
function sendRequest(server: AuthorizationServer, revocation: Revocation, tokens: RevokedTokens, captured: Captured): Promise<Response> {
  const { httpMethod, format, parameters, headers } = revocation.request ?? {
    httpMethod: "POST",
    format: "form",
    parameters: {},
    headers: {},
  };
  const values = { ...clientValues(server), ...capturedValues(captured), ...tokens };
  const filled = fillAll(parameters, values);
  const method = revocation.clientAuthentication;
  const basic =
    method === "client_secret_basic" || method === "client_secret_basic_raw"
      ? { authorization: `Basic ${btoa(`${server.clientId}:${server.clientSecret ?? ""}`)}` }
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
