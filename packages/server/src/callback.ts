/**
 * The end of a flow (design 3.4): an authorization response, brought by the browser that began it, becomes a connection, or a grant
 * that its subject has yet to confirm.
 */
import { type AuthorizationServerFacts, type FlowError, isLoopbackHost } from "@evergrant/schema";
import { type Account, readAccount } from "./account.ts";
import { concerning } from "./acting.ts";
import type { Authority } from "./authority.ts";
import {
  type AuthorizationServer,
  type GrantResult,
  readAuthorizationResponse,
  requestAuthorizationCodeGrant,
} from "./authorization-server.ts";
import {
  type AuthorizationRequestRow,
  consumeAuthorizationRequest,
  findAuthorizationRequest,
  keepResponse,
} from "./authorization-requests-store.ts";
import { unionOfScopes } from "./connect-link.ts";
import { newConnectionId } from "./connection-id.ts";
import { findConnection, findConnectionOfAccount } from "./connections-store.ts";
import { equalInConstantTime, randomToken, sha256Hex } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { Integration } from "./integrations.ts";
import type { Captured } from "./placeholders.ts";
import { requestRevocation } from "./revoke-tokens.ts";
import { type Grant, storeGrant } from "./store-grant.ts";
import { insertUnconfirmedGrant } from "./unconfirmed-grants-store.ts";
import { places } from "./vault.ts";

export interface AuthorizationResponseFromBrowser {
  /** The path below `publicUrl` at which it arrived. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** The flow cookie; null where the browser sent none. */
  readonly browser: string | null;
}

/** How a flow ended, and where the browser is to be told. */
export interface FlowEnd {
  readonly integrationId: string | null;
  /** Null where there is none, or the browser is not known to be the one that began the flow. */
  readonly returnTo: string | null;
  readonly openerOrigin: string | null;
  readonly result: FlowResult;
}

export type FlowResult =
  | { readonly status: "connected"; readonly connectionId: string }
  | { readonly status: "unconfirmed"; readonly connectionId: string; readonly confirmation: string }
  | { readonly status: "failed"; readonly error: FlowError };

/** How long a grant can be confirmed, and how long it then stands before its tokens are revoked. */
const confirmableMs = 300_000;
const revokedAfterMs = 600_000;

/** Takes an authorization response to its end. Every failure is a result; none stores anything readable. */
export async function endFlow(authority: Authority, response: AuthorizationResponseFromBrowser): Promise<FlowEnd> {
  const nowhere = (error: FlowError): FlowEnd => ({
    integrationId: null,
    returnTo: null,
    openerOrigin: null,
    result: { status: "failed", error },
  });
  const state = response.parameters.get("state") ?? "";
  const stateHash = sha256Hex(state);
  const request = await findAuthorizationRequest(authority.database, stateHash);
  if (request === null) return nowhere("request_unknown");
  concerning({ integrationId: request.integrationId, subject: request.subject, connectionId: request.connectionId });
  // Each integration has a redirect URI of its own: a response for one that arrives at another's is a mix-up (RFC 9700 §4.4).
  if (request.redirectUri !== `${authority.publicUrl}${response.path}`) return nowhere("issuer_mismatch");
  if (response.browser === null || !equalInConstantTime(sha256Hex(response.browser), request.browserHash)) return nowhere("other_browser");
  if (request.consumedAt !== null) return nowhere("request_used");
  if (request.expiresAt <= authority.now()) return nowhere("request_expired");

  const parameters = await parametersOf(authority, request, response.parameters);
  const codeVerifier =
    request.codeVerifier === null ? null : await authority.vault.openOrReload(request.codeVerifier, places.codeVerifier(stateHash));
  if (!(await consumeAuthorizationRequest(authority.database, stateHash, authority.now()))) return nowhere("request_used");
  return {
    integrationId: request.integrationId,
    returnTo: request.returnTo,
    openerOrigin: request.openerOrigin,
    result: await exchange(authority, request, { parameters, state, codeVerifier }),
  };
}

/**
 * Keeps a response that came as a form post (OAuth 2.0 Form Post Response Mode), for the GET that the browser is then sent to:
 * a cross-site post does not carry the flow cookie.
 *
 * @returns whether there was an open request for it.
 */
export async function keepFormPost(authority: Authority, path: string, parameters: URLSearchParams): Promise<boolean> {
  const stateHash = sha256Hex(parameters.get("state") ?? "");
  const request = await findAuthorizationRequest(authority.database, stateHash);
  if (request === null || request.redirectUri !== `${authority.publicUrl}${path}`) return false;
  const sealed = authority.vault.seal(parameters.toString(), places.authorizationResponse(stateHash));
  return keepResponse(authority.database, stateHash, sealed);
}

async function parametersOf(authority: Authority, request: AuthorizationRequestRow, fromUrl: URLSearchParams): Promise<URLSearchParams> {
  if (request.response === null) return fromUrl;
  return new URLSearchParams(await authority.vault.openOrReload(request.response, places.authorizationResponse(request.stateHash)));
}

async function exchange(
  authority: Authority,
  request: AuthorizationRequestRow,
  response: { parameters: URLSearchParams; state: string; codeVerifier: string | null },
): Promise<FlowResult> {
  const integration = await authority.integrations.find(request.integrationId);
  // A code is good for the client and server that it was asked from, and for no other that bears the same name today.
  if (integration === null || !authority.integrations.isBoundTo(integration, request)) return failed("integration_unavailable");
  let server: AuthorizationServer;
  let captured: Captured;
  try {
    const { facts } = await authority.integrations.serverOf(integration);
    const kept = captureCallback(facts, response.parameters);
    if (kept === null) return failed("issuer_mismatch");
    captured = kept;
    server = await authority.integrations.serverOf(integration, captured.origin);
  } catch (error) {
    if (!(error instanceof EvergrantError)) throw error;
    return failed("integration_unavailable");
  }
  const answer = readAuthorizationResponse(server, response.parameters, response.state);
  if (answer.kind === "invalid") return failed("issuer_mismatch");
  if (answer.kind === "refused") {
    authority.log.info({ integration: integration.id, error: answer.error }, "an authorization request was refused");
    return failed(answer.error === "access_denied" ? "access_denied" : "provider_error");
  }
  const granted = await requestAuthorizationCodeGrant(server, {
    parameters: answer.parameters,
    redirectUri: request.redirectUri,
    codeVerifier: response.codeVerifier,
    scopes: unionOfScopes(request.scopes, server.facts.offlineAccess?.scopes ?? []),
  });
  if (granted.kind === "failed") {
    authority.log.warn(
      { integration: integration.id, outcome: granted.outcome, error: granted.error },
      "an authorization code was not exchanged",
    );
    if (granted.outcome === "misconfigured") return failed("integration_unavailable");
    return failed(granted.outcome === "dead_grant" ? "exchange_failed" : "provider_error");
  }
  try {
    const account = await readAccount(server, granted.tokenSet, answer.parameters);
    return await settle(authority, { request, integration, server, granted, account, captured });
  } catch (error) {
    // The tokens are here and nowhere else: what cannot be stored must not be left alive at the provider.
    authority.log.error({ integration: integration.id, error: describeError(error) }, "a grant could not be stored, and is revoked");
    await requestRevocation(server, granted.tokenSet, captured);
    throw error;
  }
}

interface Exchanged {
  readonly request: AuthorizationRequestRow;
  readonly integration: Integration;
  readonly server: AuthorizationServer;
  readonly granted: Extract<GrantResult, { kind: "granted" }>;
  readonly account: Account | null;
  /** From the callback; what the token response adds is in `granted`. */
  readonly captured: Captured;
}

async function settle(authority: Authority, exchanged: Exchanged): Promise<FlowResult> {
  const { request, integration, server, granted, account } = exchanged;
  const renewed = await findRenewed(authority, exchanged);
  const accountBefore = renewed?.accountId ?? null;
  if (accountBefore !== null && account?.id !== accountBefore) {
    await requestRevocation(server, granted.tokenSet, exchanged.captured);
    // Whose tokens these are is not known this time: they are not taken for the old owner's.
    return failed(account === null ? "provider_error" : "account_mismatch");
  }
  const grant: Grant = {
    connectionId: renewed?.id ?? newConnectionId(authority.now()),
    holder: {
      integrationId: integration.id,
      subject: request.subject,
      accountId: account?.id ?? accountBefore,
      accountLabel: account?.label ?? renewed?.accountLabel ?? null,
      authority: request.authority,
      clientHash: request.clientHash,
      requestedScopes: request.scopes,
      grantedScopes: granted.tokenSet.scopes ?? unionOfScopes(request.scopes, server.facts.offlineAccess?.scopes ?? []),
      captured: { ...exchanged.captured, token: granted.tokenSet.captured },
    },
    tokenSet: granted.tokenSet,
    requestedAt: granted.requestedAt,
  };
  // The cookie proves one browser at both ends, not that it is the subject's: a link sent to somebody else would give the sender
  // their tokens. A reconnection that brings the account it had gives nobody anything new.
  const sameAccount = accountBefore !== null && account?.id === accountBefore;
  if (sameAccount || !integration.confirm || isLoopbackHost(new URL(authority.publicUrl).hostname)) {
    return { status: "connected", connectionId: await storeGrant(authority, grant, server.facts, null) };
  }
  const confirmation = randomToken();
  const confirmationHash = sha256Hex(confirmation);
  const now = authority.now().getTime();
  await insertUnconfirmedGrant(
    authority.database,
    {
      confirmationHash,
      connectionId: grant.connectionId,
      integrationId: integration.id,
      subject: request.subject,
      grant: authority.vault.seal(JSON.stringify(grant), places.unconfirmedGrant(confirmationHash)),
      confirmBy: new Date(now + confirmableMs),
      revokeAt: new Date(now + revokedAfterMs),
    },
    new Date(now),
  );
  return { status: "unconfirmed", connectionId: grant.connectionId, confirmation };
}

/** The connection that this grant renews: the one that was asked for, or the subject's own of this account. */
async function findRenewed(authority: Authority, { request, account }: Exchanged) {
  const key = { integrationId: request.integrationId, subject: request.subject };
  // Where the provider does not say whose account it is, a subject has one connection there.
  const id = request.connectionId ?? (await findConnectionOfAccount(authority.database, { ...key, accountId: account?.id ?? null }));
  const found = id === null ? null : await findConnection(authority.database, id);
  return found === null || found.connection.integrationId !== key.integrationId || found.connection.subject !== key.subject
    ? null
    : found.connection;
}

function failed(error: FlowError): FlowResult {
  return { status: "failed", error };
}

/**
 * What the provider's facts keep of a callback, and the origin that issued the code where the provider has several; null where it
 * names one that is not the provider's.
 */
function captureCallback(facts: AuthorizationServerFacts, parameters: URLSearchParams): Captured | null {
  const named = facts.captures.callback.flatMap((name) => {
    const value = parameters.get(name);
    return value === null ? [] : [[name, value.slice(0, 1024)] as const];
  });
  const captured = { callback: Object.fromEntries(named), token: {} };
  const claimed = facts.callbackOrigin === undefined ? null : parameters.get(facts.callbackOrigin.parameter);
  if (claimed === null || facts.callbackOrigin === undefined) return captured;
  const origin = facts.callbackOrigin.origins.find((known) => known.replace(/\/$/, "") === claimed.replace(/\/$/, ""));
  return origin === undefined ? null : { ...captured, origin: new URL(origin).origin };
}
