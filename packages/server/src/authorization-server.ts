/**
 * A provider's authorization server (RFC 6749 §1.1): its token and revocation endpoints.
 * Wire names stay snake_case until `readTokenResponse`; past it every name is ours.
 */
import type { AuthorizationServerFacts, ClientAuthentication, Secret } from "@evergrant/schema";
import * as oauth from "oauth4webapi";
import type { FailedOutcome } from "./grant-outcome.ts";
import { outcomeOfTokenError, outcomeOfTransportError } from "./grant-outcome.ts";
import { type GuardedFetch, TransportError, requestDeadlineMs } from "./guarded-fetch.ts";
import { type Captured, capturedValues, fillAll } from "./placeholders.ts";
import { type TokenSet, readTokenResponse, unrepeatable } from "./token-response.ts";

/** One authorization server with the client that we are to it, and the way there. */
export interface AuthorizationServer {
  readonly facts: AuthorizationServerFacts;
  /** What grants are bound to: the issuer, or the origin of the token endpoint where there is none. */
  readonly authority: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: Secret | null;
  readonly fetch: GuardedFetch;
  readonly now: () => Date;
}

export type GrantResult =
  | {
      readonly kind: "granted";
      readonly tokenSet: TokenSet;
      /** As it came, and proof of nothing yet; null where there was none. */
      readonly idToken: Secret | null;
      /** When the request was sent; a lifetime counts from here. */
      readonly requestedAt: Date;
    }
  | {
      readonly kind: "failed";
      readonly outcome: FailedOutcome;
      /** The server's `error` code, if it sent one. */
      readonly error: string | null;
      readonly retryAfterSeconds: number | null;
      /** There is no token endpoint where we believed it to be: nothing there knows what was sent. */
      readonly endpointGone: boolean;
    };

/** How long a token endpoint may take before we give up. */
const grantDeadlineMs = 90_000;

/**
 * Trades an authorization code for a token set (RFC 6749 §4.1.3, RFC 7636 §4.5), and that for a longer-lived one where the provider
 * has such an exchange. Never throws for what a server does.
 *
 * @param grant.parameters From `readAuthorizationResponse` of `authorization-response.ts`.
 */
export async function requestAuthorizationCodeGrant(
  server: AuthorizationServer,
  grant: { parameters: URLSearchParams; redirectUri: string; codeVerifier: string | null; scopes: readonly string[] },
): Promise<GrantResult> {
  const { facts } = server;
  const callback = Object.fromEntries([...grant.parameters].map(([name, value]) => [`callback.${name}`, value] as const));
  const granted = await requestGrant(server, facts.tokenEndpoint, "token", grant.scopes, (endpoint, options) =>
    oauth.authorizationCodeGrantRequest(
      endpoint,
      { client_id: server.clientId },
      clientAuthentication(server, facts.clientAuthentication),
      grant.parameters,
      grant.redirectUri,
      grant.codeVerifier ?? oauth.nopkce,
      { ...options, additionalParameters: fillAll(facts.tokenParameters, { ...clientValues(server), ...callback }) },
    ),
  );
  if (granted.kind === "failed" || facts.longLivedExchange === undefined) return granted;
  const exchanged = await requestExchange(server, facts.longLivedExchange, granted.tokenSet.accessToken);
  // The short-lived one is what there is: better a connection that ends soon than none.
  return exchanged.kind === "failed"
    ? granted
    : { ...exchanged, tokenSet: succeeding(exchanged.tokenSet, granted.tokenSet), idToken: exchanged.idToken ?? granted.idToken };
}

/**
 * Trades a refresh token for a new token set (RFC 6749 §6), or has an access token renewed where the provider does that instead.
 * Never throws for what a server does.
 *
 * `tokenSet.refreshToken` is null when the server kept the old one; the caller must then keep it too.
 *
 * @param grant.refreshToken Where access tokens renew themselves, the access token: it is what the renewal is paid with.
 */
export async function requestRefreshTokenGrant(
  server: AuthorizationServer,
  grant: { refreshToken: Secret; scopes: readonly string[]; captured: Captured },
): Promise<GrantResult> {
  const { facts } = server;
  if (facts.accessTokenRenewal !== undefined) return requestExchange(server, facts.accessTokenRenewal, grant.refreshToken);
  const values = { ...clientValues(server), ...capturedValues(grant.captured), refreshToken: grant.refreshToken.reveal() };
  return requestGrant(server, facts.refreshEndpoint ?? facts.tokenEndpoint, "refresh", grant.scopes, (endpoint, options) =>
    oauth.refreshTokenGrantRequest(
      endpoint,
      { client_id: server.clientId },
      clientAuthentication(server, facts.clientAuthentication),
      grant.refreshToken.reveal(),
      { ...options, additionalParameters: fillAll(facts.refreshParameters, values) },
    ),
  );
}

/** Sends one token to a revocation endpoint of RFC 7009. */
export async function requestRfc7009Revocation(
  server: AuthorizationServer,
  revocation: { endpoint: string; clientAuthentication?: ClientAuthentication | undefined },
  token: { value: string; hint: "access_token" | "refresh_token" },
): Promise<Response> {
  return oauth.revocationRequest(
    { ...metadata(server), revocation_endpoint: revocation.endpoint },
    { client_id: server.clientId },
    clientAuthentication(server, revocation.clientAuthentication ?? server.facts.clientAuthentication),
    token.value,
    {
      [oauth.customFetch]: customFetch(server, { deadlineMs: requestDeadlineMs, format: "form", inQuery: false, scopes: [] }),
      [oauth.allowInsecureRequests]: true,
      additionalParameters: { token_type_hint: token.hint },
    },
  );
}

/** What the server's own client stands for in placeholders. */
export function clientValues({ clientId, clientSecret }: AuthorizationServer): Record<string, string | null> {
  return { clientId, clientSecret: clientSecret?.reveal() ?? null };
}

/** Trades an access token for another (Meta's exchanges and renewals). The new one renews itself in its turn. */
async function requestExchange(
  server: AuthorizationServer,
  exchange: NonNullable<AuthorizationServerFacts["accessTokenRenewal"]>,
  accessToken: Secret,
): Promise<GrantResult> {
  const parameters = new URLSearchParams(fillAll(exchange.parameters, { ...clientValues(server), accessToken: accessToken.reveal() }));
  const headers = { accept: "application/json" };
  return toGrantResult(server, () =>
    exchange.httpMethod === "GET"
      ? server.fetch(withQuery(exchange.endpoint, parameters), { method: "GET", headers, deadlineMs: grantDeadlineMs })
      : server.fetch(exchange.endpoint, {
          method: "POST",
          headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
          body: parameters.toString(),
          deadlineMs: grantDeadlineMs,
        }),
  );
}

function requestGrant(
  server: AuthorizationServer,
  tokenEndpoint: string,
  kind: "token" | "refresh",
  scopes: readonly string[],
  send: (endpoint: oauth.AuthorizationServer, options: oauth.TokenEndpointRequestOptions) => Promise<Response>,
): Promise<GrantResult> {
  const { facts } = server;
  const options = {
    [oauth.customFetch]: customFetch(server, {
      deadlineMs: grantDeadlineMs,
      format: facts.tokenRequestFormat,
      inQuery: facts.tokenParametersIn === "query",
      scopes: facts.scopeSentWith.includes(kind) ? scopes : [],
    }),
    [oauth.allowInsecureRequests]: true,
  };
  return toGrantResult(server, () => send({ ...metadata(server), token_endpoint: tokenEndpoint }, options));
}

async function toGrantResult(server: AuthorizationServer, send: () => Promise<Response>): Promise<GrantResult> {
  const requestedAt = server.now();
  try {
    const answer = await readTokenResponse(await send(), server.facts, server.now);
    if (answer.kind === "tokens") {
      return { kind: "granted", tokenSet: renewable(server, answer.tokenSet), idToken: answer.idToken, requestedAt };
    }
    const { error, retryAfterSeconds } = answer.error;
    return {
      kind: "failed",
      outcome: outcomeOfTokenError(answer.error),
      error: echoes(server, error) ? unrepeatable : error,
      retryAfterSeconds,
      endpointGone: error === null && (answer.error.status === 404 || answer.error.status === 410),
    };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return {
      kind: "failed",
      outcome: outcomeOfTransportError[error.code],
      error: null,
      retryAfterSeconds: null,
      endpointGone: error.code === "not_sent",
    };
  }
}

/** Whether an `error` repeats our client secret, which people may choose to look like a code. */
function echoes({ clientSecret }: AuthorizationServer, error: string | null): boolean {
  return error !== null && clientSecret !== null && error.includes(clientSecret.reveal());
}

/** Where an access token renews itself, it is its own refresh token: kept apart, under that purpose, like any other. */
function renewable({ facts }: AuthorizationServer, tokenSet: TokenSet): TokenSet {
  return facts.accessTokenRenewal === undefined ? tokenSet : { ...tokenSet, refreshToken: tokenSet.accessToken };
}

/** A longer-lived set in the place of the one it was traded for, which alone may have said what was granted and to whom. */
function succeeding(set: TokenSet, before: TokenSet): TokenSet {
  return {
    ...set,
    scopes: set.scopes ?? before.scopes,
    account: set.account ?? before.account,
    captured: { ...before.captured, ...set.captured },
  };
}

function metadata({ facts, authority }: AuthorizationServer): oauth.AuthorizationServer {
  return {
    issuer: authority,
    token_endpoint: facts.tokenEndpoint,
  };
}

function clientAuthentication({ clientId, clientSecret }: AuthorizationServer, method: ClientAuthentication): oauth.ClientAuth {
  if (clientSecret === null || method === "none") return oauth.None();
  if (method === "client_secret_post") return oauth.ClientSecretPost(clientSecret.reveal());
  if (method === "client_secret_basic") return oauth.ClientSecretBasic(clientSecret.reveal());
  return (_server, _client, _body, headers) => {
    headers.set("authorization", rawBasic(clientId, clientSecret.reveal()));
  };
}

/** Basic as it is (RFC 7617), in UTF-8 and without the form-encoding of RFC 6749 §2.3.1. */
export function rawBasic(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}

/** The way out, with a request as this provider wants it: the names, the format and the place of its parameters. */
function customFetch(
  { fetch, facts }: AuthorizationServer,
  request: { deadlineMs: number; format: "form" | "json"; inQuery: boolean; scopes: readonly string[] },
) {
  const { deadlineMs } = request;
  return async (url: string, { body, headers, method }: oauth.CustomFetchOptions<string, unknown>): Promise<Response> => {
    if (!(body instanceof URLSearchParams)) return fetch(url, { method, headers, deadlineMs });
    const parameters = new URLSearchParams(body);
    const clientId = parameters.get("client_id");
    if (clientId !== null && facts.clientIdParameter !== "client_id") {
      parameters.delete("client_id");
      parameters.set(facts.clientIdParameter, clientId);
    }
    if (request.scopes.length > 0) parameters.set("scope", request.scopes.join(facts.scopeSeparator));
    if (request.inQuery) return fetch(withQuery(url, parameters), { method, headers, deadlineMs });
    if (request.format === "form") return fetch(url, { method, headers, body: parameters.toString(), deadlineMs });
    const json = JSON.stringify(Object.fromEntries(parameters));
    return fetch(url, { method, headers: { ...headers, "content-type": "application/json" }, body: json, deadlineMs });
  };
}

function withQuery(endpoint: string, parameters: URLSearchParams): string {
  const url = new URL(endpoint);
  for (const [name, value] of parameters) url.searchParams.set(name, value);
  return url.href;
}
