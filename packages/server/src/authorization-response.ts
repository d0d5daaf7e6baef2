/**
 * What an authorization server answers an authorization request (RFC 6749 §4.1.2): checked before anything in it is believed.
 */
import * as oauth from "oauth4webapi";
import type { AuthorizationServer } from "./authorization-server.ts";
import { toErrorCode } from "./token-response.ts";

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
  // Nobody asked for them, and what nobody asked for is passed over (RFC 6749 §4.1.2); oauth4webapi takes them for another flow's.
  for (const name of ["response", "id_token", "token"]) own.delete(name);
  const issuer = { issuer: server.authority, authorization_response_iss_parameter_supported: server.facts.issParameter };
  try {
    const checked = oauth.validateAuthResponse(issuer, { client_id: server.clientId }, own, state);
    // Neither a code nor an error: the server did not do what it was asked.
    return (checked.get("code") ?? "") === "" ? { kind: "refused", error: "no_code" } : { kind: "authorized", parameters: checked };
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) return { kind: "refused", error: toErrorCode(error.error) };
    return { kind: "invalid" };
  }
}
