/**
 * A provider's authorization server (RFC 6749 §1.1): the only file that speaks to its endpoints, and the only one that imports
 * oauth4webapi. Wire names stay snake_case until `readTokenResponse`; past it every name is ours.
 */
import type { DiscoveredServer } from "@evergrant/providers";
import type { AuthorizationServerFacts } from "@evergrant/schema";
import * as oauth from "oauth4webapi";
import type { FailedOutcome } from "./grant-outcome.ts";
import { outcomeOfTokenError, outcomeOfTransportError } from "./grant-outcome.ts";
import { type GuardedFetch, TransportError } from "./guarded-fetch.ts";
import { type TokenSet, readTokenResponse } from "./token-response.ts";

/** One authorization server with the client that we are to it, and the way there. */
export interface AuthorizationServer {
  readonly facts: AuthorizationServerFacts;
  /** What grants are bound to: the issuer, or the origin of the token endpoint where there is none. */
  readonly authority: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  /** Whether responses must carry `iss` (RFC 9207 §3). */
  readonly issuesIssParameter: boolean;
  readonly fetch: GuardedFetch;
  readonly now: () => Date;
}

export type GrantResult =
  /** `requestedAt`: when the request was sent; a lifetime counts from here. */
  | { readonly kind: "granted"; readonly tokenSet: TokenSet; readonly requestedAt: Date }
  | {
      readonly kind: "failed";
      readonly outcome: FailedOutcome;
      /** The server's `error` code, if it sent one. */
      readonly error: string | null;
      readonly retryAfterSeconds: number | null;
    };

/** How long a token endpoint may take before we give up. */
export const grantDeadlineMs = 90_000;
/** How long other endpoints may take. */
const requestDeadlineMs = 10_000;

/** The parameters of an authorization response (RFC 6749 §4.1.2), checked. */
export type AuthorizationResponse =
  | { readonly kind: "authorized"; readonly parameters: URLSearchParams }
  /** `error` as the server sent it (RFC 6749 §4.1.2.1). */
  | { readonly kind: "refused"; readonly error: string }
  /** From another issuer than the one asked (RFC 9207 §2.4), or not a response at all. */
  | { readonly kind: "invalid" };

/**
 * Checks an authorization response's `state` and `iss` (RFC 9207 §2.4).
 *
 * A server whose issuer we do not know cannot be told apart by `iss`; there the redirect URI of each integration is the
 * defence against mix-up (RFC 9700 §4.4).
 */
export function readAuthorizationResponse(server: AuthorizationServer, parameters: URLSearchParams, state: string): AuthorizationResponse {
  const own = new URLSearchParams(parameters);
  if (server.facts.issuer === undefined) own.delete("iss");
  try {
    return { kind: "authorized", parameters: oauth.validateAuthResponse(metadata(server), { client_id: server.clientId }, own, state) };
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) return { kind: "refused", error: error.error.slice(0, 128) };
    return { kind: "invalid" };
  }
}

/**
 * Trades an authorization code for a token set (RFC 6749 §4.1.3, RFC 7636 §4.5). Never throws for what a server does.
 *
 * @param grant.parameters From `readAuthorizationResponse`.
 */
export async function requestAuthorizationCodeGrant(
  server: AuthorizationServer,
  grant: { parameters: URLSearchParams; redirectUri: string; codeVerifier: string | null },
): Promise<GrantResult> {
  return requestGrant(server, (options) =>
    oauth.authorizationCodeGrantRequest(
      metadata(server),
      { client_id: server.clientId },
      clientAuthentication(server),
      grant.parameters,
      grant.redirectUri,
      grant.codeVerifier ?? oauth.nopkce,
      { ...options, additionalParameters: server.facts.tokenParameters },
    ),
  );
}

/**
 * Trades a refresh token for a new token set (RFC 6749 §6). Never throws for what a server does.
 *
 * `tokenSet.refreshToken` is null when the server kept the old one; the caller must then keep it too.
 */
export async function requestRefreshTokenGrant(server: AuthorizationServer, refreshToken: string): Promise<GrantResult> {
  const facts = server.facts;
  return requestGrant(server, (options) =>
    oauth.refreshTokenGrantRequest(
      { ...metadata(server), token_endpoint: facts.refreshEndpoint ?? facts.tokenEndpoint },
      { client_id: server.clientId },
      clientAuthentication(server),
      refreshToken,
      { ...options, additionalParameters: facts.refreshParameters },
    ),
  );
}

/**
 * Revokes a token (RFC 7009), or as the provider has it.
 *
 * @returns `revoked` also where the server did not know the token (RFC 7009 §2.2), `unsupported` where it offers no revocation.
 */
export async function requestRevocation(
  server: AuthorizationServer,
  tokens: { accessToken: string | null; refreshToken: string | null },
): Promise<"revoked" | "unsupported" | "unreachable" | "nothing_held"> {
  const revocation = server.facts.revocation;
  if (tokens.accessToken === null && tokens.refreshToken === null) return "nothing_held";
  if (revocation === undefined) return "unsupported";
  try {
    if (revocation.method === "bearer") {
      if (tokens.accessToken === null) return "unsupported";
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      const response = await server.fetch(revocation.endpoint, { method: "POST", headers, deadlineMs: requestDeadlineMs });
      // 401: the access token has ended already, which is what was asked for.
      return response.ok || response.status === 401 ? "revoked" : "unreachable";
    }
    // The refresh token first: with it ends the grant, where revocation ends more than one token.
    let outcome: "revoked" | "unreachable" = "revoked";
    for (const [hint, token] of [
      ["refresh_token", tokens.refreshToken],
      ["access_token", tokens.accessToken],
    ] as const) {
      if (token === null || (hint === "access_token" && tokens.refreshToken !== null && revocation.ends !== "token")) continue;
      const response = await oauth.revocationRequest(
        { ...metadata(server), revocation_endpoint: revocation.endpoint },
        { client_id: server.clientId },
        clientAuthentication(server),
        token,
        { ...requestOptions(server, requestDeadlineMs), additionalParameters: { token_type_hint: hint } },
      );
      if (!response.ok) outcome = "unreachable";
    }
    return outcome;
  } catch (error) {
    if (error instanceof TransportError) return "unreachable";
    throw error;
  }
}

/** The account behind an access token, as the provider's account endpoint tells it. */
export interface Account {
  readonly id: string;
  readonly label: string | null;
}

/** Asks whose access token this is. Null where the provider does not say: that must not cost the grant. */
export async function readAccount(server: AuthorizationServer, tokenSet: TokenSet): Promise<Account | null> {
  const facts = server.facts.account;
  if (facts === undefined) return null;
  try {
    const response = await server.fetch(facts.endpoint, {
      method: facts.method,
      headers: {
        ...facts.headers,
        accept: "application/json",
        authorization: `${tokenSet.tokenType} ${tokenSet.accessToken}`,
        ...(facts.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(facts.body === undefined ? {} : { body: JSON.stringify(facts.body) }),
      deadlineMs: requestDeadlineMs,
    });
    if (!response.ok) return null;
    const body: unknown = await response.json();
    const id = at(body, facts.idPath);
    return id === null ? null : { id: id.slice(0, 256), label: at(body, facts.labelPath)?.slice(0, 256) ?? null };
  } catch (error) {
    if (error instanceof TransportError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What discovery brought; null where no document could be had, or it names another issuer. */
export interface Discovered extends DiscoveredServer {
  readonly issuesIssParameter: boolean;
}

/**
 * Reads an issuer's metadata: OpenID Connect Discovery 1.0 §4, then RFC 8414 §3. The issuer in it must be the one asked, exactly.
 */
export async function discover(issuer: string, fetch: GuardedFetch): Promise<Discovered | null> {
  const identifier = new URL(issuer);
  for (const algorithm of ["oidc", "oauth2"] as const) {
    try {
      const response = await oauth.discoveryRequest(identifier, {
        algorithm,
        [oauth.customFetch]: customFetch(fetch, requestDeadlineMs, "form"),
        // Which hosts may be asked by http is the guarded fetch's to say.
        [oauth.allowInsecureRequests]: true,
      });
      const document = await oauth.processDiscoveryResponse(identifier, response);
      // oauth4webapi compares URLs, to which a trailing slash is nothing; RFC 8414 §3.3 wants the identical string.
      const read = document.issuer === issuer ? toDiscovered(document) : null;
      if (read !== null) return read;
    } catch (error) {
      if (!(error instanceof TransportError || error instanceof oauth.OperationProcessingError)) throw error;
    }
  }
  return null;
}

async function requestGrant(
  server: AuthorizationServer,
  send: (options: oauth.TokenEndpointRequestOptions) => Promise<Response>,
): Promise<GrantResult> {
  const requestedAt = server.now();
  try {
    const response = await send(requestOptions(server, grantDeadlineMs));
    const answer = await readTokenResponse(response, server.facts, server.now);
    if (answer.kind === "tokens") return { kind: "granted", tokenSet: answer.tokenSet, requestedAt };
    const { error, retryAfterSeconds } = answer.error;
    return { kind: "failed", outcome: outcomeOfTokenError(answer.error), error, retryAfterSeconds };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { kind: "failed", outcome: outcomeOfTransportError[error.code], error: null, retryAfterSeconds: null };
  }
}

function metadata({ facts, authority, issuesIssParameter }: AuthorizationServer): oauth.AuthorizationServer {
  return { issuer: authority, token_endpoint: facts.tokenEndpoint, authorization_response_iss_parameter_supported: issuesIssParameter };
}

function clientAuthentication({ facts, clientId, clientSecret }: AuthorizationServer): oauth.ClientAuth {
  if (clientSecret === null || facts.clientAuthentication === "none") return oauth.None();
  if (facts.clientAuthentication === "client_secret_post") return oauth.ClientSecretPost(clientSecret);
  if (facts.clientAuthentication === "client_secret_basic") return oauth.ClientSecretBasic(clientSecret);
  return (_server, _client, _body, headers) => {
    headers.set("authorization", `Basic ${btoa(`${clientId}:${clientSecret}`)}`);
  };
}

function requestOptions(server: AuthorizationServer, deadlineMs: number) {
  return {
    [oauth.customFetch]: customFetch(server.fetch, deadlineMs, server.facts.tokenRequestFormat),
    [oauth.allowInsecureRequests]: true,
  };
}

function customFetch(fetch: GuardedFetch, deadlineMs: number, format: "form" | "json") {
  return async (url: string, init: oauth.CustomFetchOptions<string, unknown>): Promise<Response> => {
    const { body, headers, method } = init;
    if (!(body instanceof URLSearchParams)) return fetch(url, { method, headers, deadlineMs });
    return format === "form"
      ? fetch(url, { method, headers, body: body.toString(), deadlineMs })
      : fetch(url, {
          method,
          headers: { ...headers, "content-type": "application/json" },
          body: JSON.stringify(Object.fromEntries(body)),
          deadlineMs,
        });
  };
}

/** Metadata in our words; null where it lacks an endpoint. Who completes an integration with it judges the URLs. */
function toDiscovered(document: oauth.AuthorizationServer): Discovered | null {
  const { authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint } = document;
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return null;
  const methods = document.token_endpoint_auth_methods_supported;
  const supported = document.scopes_supported;
  return {
    facts: {
      issuer: document.issuer,
      authorizationEndpoint,
      tokenEndpoint,
      ...(document.revocation_endpoint === undefined
        ? {}
        : { revocation: { endpoint: document.revocation_endpoint, method: "rfc7009", ends: "grant" } as const }),
      ...(document.userinfo_endpoint === undefined
        ? {}
        : { account: { endpoint: document.userinfo_endpoint, method: "GET", idPath: "sub", labelPath: "email", headers: {} } as const }),
      // RFC 8414 §2: absent means client_secret_basic.
      clientAuthentication:
        methods !== undefined && !methods.includes("client_secret_basic") && methods.includes("client_secret_post")
          ? "client_secret_post"
          : "client_secret_basic",
      // Sent also where the document is silent: a server that does not know it ignores it (RFC 6749 §3.1).
      pkce: document.code_challenge_methods_supported?.includes("S256") === true ? "required" : "supported",
      // Without consent, OpenID Connect Core §11 lets a server pass over offline_access.
      offlineAccess:
        supported?.includes("offline_access") === true
          ? { scopes: ["offline_access"], parameters: { prompt: "consent" } }
          : { scopes: [], parameters: {} },
    },
    scopesSupported: supported ?? null,
    issuesIssParameter: document.authorization_response_iss_parameter_supported === true,
  };
}

/** The text or number at a dotted path of a JSON value. */
function at(value: unknown, path: string): string | null {
  let here: unknown = value;
  for (const step of path.split(".")) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return null;
    here = Object.entries(here).find(([name]) => name === step)?.[1];
  }
  return typeof here === "string" && here !== "" ? here : typeof here === "number" ? String(here) : null;
}
