/**
 * The end of a flow (design 3.4): an authorization response, brought by the browser that began it, becomes a connection, or a grant
 * that its subject has yet to confirm.
 */
import type { AuthorizationServerFacts, FlowError } from "@evergrant/schema";
import { readAccount } from "./account.ts";
import { concerning } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { readAuthorizationResponse } from "./authorization-response.ts";
import { type AuthorizationServer, requestAuthorizationCodeGrant } from "./authorization-server.ts";
import {
  type AuthorizationRequestRow,
  consumeAuthorizationRequest,
  findAuthorizationRequest,
  keepResponse,
} from "./authorization-requests-store.ts";
import { unionOfScopes } from "./connect-link.ts";
import { hasSha256, sha256Hex } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import { type JudgedIdToken, judgeIdToken, nonceOf } from "./id-token.ts";
import type { Integration } from "./integrations.ts";
import type { Captured } from "./placeholders.ts";
import { type Exchanged, type FlowResult, holdGrant, refuseGrant, settleGrant } from "./settle-grant.ts";
import { VaultError, places } from "./vault.ts";

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
  if (response.browser === null || !hasSha256(response.browser, request.browserHash)) return nowhere("other_browser");
  if (request.consumedAt !== null) return nowhere("request_used");
  if (request.expiresAt <= authority.now()) return nowhere("request_expired");

  let parameters: URLSearchParams;
  let codeVerifier: string | null;
  try {
    parameters = await parametersOf(authority, request, response.parameters);
    codeVerifier =
      request.codeVerifier === null ? null : await authority.vault.openOrReload(request.codeVerifier, places.codeVerifier(stateHash));
  } catch (error) {
    // Nothing is used up yet: the same response can be brought again.
    if (error instanceof VaultError && error.passing) return nowhere("temporarily_unavailable");
    throw error;
  }
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
  if (isRepetitive(response.parameters)) return failed("response_invalid");
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
  const grant = {
    parameters: answer.parameters,
    redirectUri: request.redirectUri,
    codeVerifier: response.codeVerifier,
    scopes: unionOfScopes(request.scopes, server.facts.offlineAccess?.scopes ?? []),
  };
  let granted = await requestAuthorizationCodeGrant(server, grant);
  if (granted.kind === "failed" && granted.endpointGone) {
    // Nobody has had the code yet.
    const anew = await serverAnew(authority, integration, captured);
    if (anew !== null) {
      server = anew;
      granted = await requestAuthorizationCodeGrant(server, grant);
    }
  }
  if (granted.kind === "failed") {
    authority.log.warn(
      { integration: integration.id, outcome: granted.outcome, error: granted.error },
      "an authorization code was not exchanged",
    );
    if (granted.outcome === "misconfigured") return failed("integration_unavailable");
    return failed(granted.outcome === "dead_grant" ? "exchange_failed" : "provider_error");
  }
  const unjudged = { request, integration, server, granted, captured };
  const exchanged = { ...unjudged, held: await holdGrant(authority, unjudged) };
  try {
    const judged = await judge(authority, exchanged, response.state);
    if (judged.kind === "invalid" || judged.kind === "unavailable") {
      authority.log.warn({ integration: integration.id, why: judged.why }, "an ID token does not hold, and its grant is revoked");
      await refuseGrant(authority, exchanged, null);
      return failed(judged.kind === "invalid" ? "id_token_invalid" : "provider_error");
    }
    const claims = judged.kind === "valid" ? judged.claims : null;
    const account = await readAccount(server, granted.tokenSet, { claims, callback: answer.parameters });
    return await settleGrant(authority, { ...exchanged, account, idTokenSubject: claims?.sub ?? null });
  } catch (error) {
    // The tokens are here and nowhere else: what cannot be stored must not be left alive at the provider.
    authority.log.error({ integration: integration.id, error: describeError(error) }, "a grant could not be stored, and is revoked");
    await refuseGrant(authority, exchanged, null);
    throw error;
  }
}

/** The server by metadata that is read anew; null where there is none to be had, or it was read a moment ago. */
async function serverAnew(authority: Authority, integration: Integration, { origin }: Captured): Promise<AuthorizationServer | null> {
  if (!authority.integrations.doubt(integration)) return null;
  try {
    return await authority.integrations.serverOf(integration, origin);
  } catch (error) {
    if (!(error instanceof EvergrantError)) throw error;
    return null;
  }
}

/** Judges the ID token; again with metadata read anew where the issuer's keys are not what they were said to be. */
async function judge(
  authority: Authority,
  { request, integration, server, granted, captured }: Omit<Exchanged, "account" | "idTokenSubject" | "held">,
  state: string,
): Promise<JudgedIdToken> {
  const flow = { nonce: nonceOf(state), scopes: request.scopes, grantedScopes: granted.tokenSet.scopes };
  const judged = await judgeIdToken(server, granted.idToken, flow);
  const isDoubtful = judged.kind === "unavailable" || (judged.kind === "invalid" && judged.keyUnknown);
  const anew = isDoubtful ? await serverAnew(authority, integration, captured) : null;
  return anew === null ? judged : judgeIdToken(anew, granted.idToken, flow);
}

/** Whether a parameter is given twice, which none may be (RFC 6749 §3.1): two readers could take it for two things. */
function isRepetitive(parameters: URLSearchParams): boolean {
  const names = [...parameters.keys()];
  return new Set(names).size !== names.length;
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
