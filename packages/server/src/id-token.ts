/**
 * ID tokens (OpenID Connect Core 1.0 §2): validated in full before a claim of theirs names an account.
 */
import type { AuthorizationServerFacts, Secret } from "@evergrant/schema";
import * as oauth from "oauth4webapi";
import type { AuthorizationServer } from "./authorization-server.ts";
import { sha256Hex } from "./digests.ts";
import { TransportError, requestDeadlineMs } from "./guarded-fetch.ts";

/** The claims of an ID token that holds. */
export type IdTokenClaims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** What became of looking at an ID token. `why` is a code, for the log. */
export type JudgedIdToken =
  | { readonly kind: "valid"; readonly claims: IdTokenClaims }
  /** None was asked for, or the grant leaves `openid` out. */
  | { readonly kind: "none" }
  /** `keyUnknown`: the issuer may have others than its metadata, as we know it, says. */
  | { readonly kind: "invalid"; readonly why: string; readonly keyUnknown: boolean }
  /** The issuer's keys could not be had. */
  | { readonly kind: "unavailable"; readonly why: string };

const clockToleranceSeconds = 60;
/** OpenID Connect Core §2. */
const maxSubjectCharacters = 255;

/** Whether an authorization request for these scopes is answered by an ID token that we can validate. */
export function asksForIdToken({ account, accountIn, idToken }: AuthorizationServerFacts, scopes: readonly string[]): boolean {
  if (idToken === undefined) return false;
  // Where nothing else names the account one is to come, asked for by scope or not.
  return scopes.includes("openid") || (accountIn?.source === "id_token" && account === undefined);
}

/**
 * The nonce of a request (OpenID Connect Core §3.1.2.1): a digest of its state, so it belongs to that browser and that request, and
 * stands in no row.
 */
export function nonceOf(state: string): string {
  return sha256Hex(`openid nonce\n${state}`);
}

/**
 * Validates what came with an authorization code grant (OpenID Connect Core §3.1.3.7): signature by the issuer's own key and by one of
 * its algorithms, `iss`, `aud`, `azp`, `exp`, `iat` and `nonce`. Never throws for what a server sends.
 *
 * The keys are read each time: a flow is rare, and so they are never out of date.
 *
 * @param flow.scopes What was asked for.
 * @param flow.grantedScopes Null where the server said nothing of them.
 */
export async function judgeIdToken(
  server: AuthorizationServer,
  idToken: Secret | null,
  flow: { nonce: string; scopes: readonly string[]; grantedScopes: readonly string[] | null },
): Promise<JudgedIdToken> {
  const { facts } = server;
  if (!asksForIdToken(facts, flow.scopes) || facts.idToken === undefined) return { kind: "none" };
  if (idToken === null) {
    const leftOut = facts.account !== undefined && flow.grantedScopes?.includes("openid") === false;
    return leftOut ? { kind: "none" } : { kind: "invalid", why: "missing", keyUnknown: false };
  }
  const as: oauth.AuthorizationServer = {
    issuer: server.authority,
    jwks_uri: facts.idToken.jwksUri,
    id_token_signing_alg_values_supported: [...facts.idToken.algorithms],
  };
  const nowSeconds = server.now().getTime() / 1000;
  const client: oauth.Client = {
    client_id: server.clientId,
    // The library looks at the machine's clock; ours may be another.
    [oauth.clockSkew]: Math.round(nowSeconds - Date.now() / 1000),
    [oauth.clockTolerance]: clockToleranceSeconds,
  };
  try {
    // The library validates an ID token as part of a token response; the real one may deviate in ways that are not its business.
    const response = Response.json({ access_token: "-", token_type: "bearer", id_token: idToken.reveal() });
    const processed = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: flow.nonce,
      requireIdToken: true,
    });
    const claims = oauth.getValidatedIdTokenClaims(processed);
    if (claims === undefined) return { kind: "invalid", why: "missing", keyUnknown: false };
    // It asks for `azp` where there are several audiences; §3.1.3.7 wants it right wherever it stands.
    if (claims.azp !== undefined && claims.azp !== server.clientId) return { kind: "invalid", why: "azp", keyUnknown: false };
    if (claims.sub.length > maxSubjectCharacters) return { kind: "invalid", why: "sub", keyUnknown: false };
    if (claims.iat > nowSeconds + clockToleranceSeconds) return { kind: "invalid", why: "iat", keyUnknown: false };
    await oauth.validateApplicationLevelSignature(as, response, {
      [oauth.customFetch]: (url, { headers }) => server.fetch(url, { method: "GET", headers, deadlineMs: requestDeadlineMs }),
      // Which hosts may be asked by http is the guarded fetch's to say.
      [oauth.allowInsecureRequests]: true,
    });
    return { kind: "valid", claims };
  } catch (error) {
    return toJudgement(error);
  }
}

/**
 * Whether an ID token that came with a refresh may belong to the account that the grant was given for (OpenID Connect Core §12.2).
 *
 * Its claims can only speak against it here, so that no key is needed: what cannot be read says nothing.
 */
export function isOfSubject(server: AuthorizationServer, idToken: Secret, subject: string): boolean {
  const claims = readClaims(idToken.reveal());
  if (claims === null || typeof claims["sub"] !== "string") return true;
  return claims["sub"] === subject && claims["iss"] === server.authority && [claims["aud"]].flat().includes(server.clientId);
}

function readClaims(idToken: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Codes of failures to get the issuer's keys, rather than of an ID token that does not fit them. */
const keysNotHad: ReadonlySet<string> = new Set([oauth.RESPONSE_IS_NOT_CONFORM, oauth.RESPONSE_IS_NOT_JSON, oauth.HTTP_REQUEST_FORBIDDEN]);

function toJudgement(error: unknown): JudgedIdToken {
  if (error instanceof TransportError) return { kind: "unavailable", why: error.code };
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    const why = error.code ?? error.name;
    return keysNotHad.has(why) ? { kind: "unavailable", why } : { kind: "invalid", why, keyUnknown: why === oauth.KEY_SELECTION };
  }
  // A key in the set, or a part of the token, that is none: WebCrypto and the decoder throw as they like.
  return { kind: "invalid", why: error instanceof Error ? error.name : "unknown", keyUnknown: false };
}
