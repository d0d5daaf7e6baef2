/**
 * Dropbox: RPC endpoints that take no body where they need none, and a revocation that carries the token to end.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import type { ProviderRequest } from "../provider-request.ts";
import { carriedToken, resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const api = "https://api.dropboxapi.com";
const scopes = ["account_info.read", "files.metadata.read"];
const expired = json(401, { error_summary: "expired_access_token/", error: { ".tag": "expired_access_token" } });

/** A call without arguments has no body, and then no type for it either. */
const bare = (request: ProviderRequest) =>
  request.format === "none" && request.header("content-type") === null
    ? null
    : { status: 400, body: 'Error in call to API function: Bad HTTP "Content-Type" header' };

export const dropbox: Behaviour = {
  provider: "dropbox",
  sources: [
    "https://developers.dropbox.com/oauth-guide",
    "https://www.dropbox.com/developers/documentation/http/documentation#auth-token-revoke",
    "https://www.dropbox.com/developers/documentation/http/documentation#users-get_current_account",
  ],
  account: { id: "dbid:AAH4f99T0taONIb", label: "ada@acme.example" },
  parameters: {},
  scopes,
  apiUrl: `${api}/2/check/ping`,
  endpoints: {
    "GET https://www.dropbox.com/oauth2/authorize": authorizationEndpoint({
      scopes,
      pkce: true,
      offline: (query) => query.get("token_access_type") === "offline",
    }),
    [`POST ${api}/oauth2/token`]: tokenEndpoint({
      clientIn: "either",
      lifetimeSeconds: 14_400,
      rotation: "none",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }, { account }) => ({
        access_token: accessToken,
        token_type: "bearer",
        expires_in: expiresInSeconds,
        ...(refreshToken === null
          ? {}
          : { refresh_token: refreshToken, scope: grant.scopes.join(" "), uid: "12345", account_id: account.id }),
      }),
      refuse: refusals({
        // As seen in the tests of several clients: the description stands in the code.
        client: json(400, { error: "invalid_client: Invalid client_id or client_secret" }),
        refresh_token: json(400, { error: "invalid_grant", error_description: "refresh token is invalid or revoked" }),
        rate: json(429, { error_summary: "too_many_requests/", error: { ".tag": "too_many_requests" } }, { "retry-after": "30" }),
      }),
    }),
    [`POST ${api}/2/users/get_current_account`]: resource({
      demand: bare,
      answer: (_grant, { account }) => ({ account_id: account.id, email: account.label }),
      refuse: expired,
    }),
    [`POST ${api}/2/auth/token/revoke`]: revocationEndpoint({
      token: (request) => carriedToken(request),
      takes: "access",
      clientIn: "none",
      demand: bare,
      ends: "grant",
      done: json(200, null),
      unknown: expired,
    }),
    // Not Dropbox's: its own calls are all POSTs.
    [`GET ${api}/2/check/ping`]: resource({ answer: () => ({ ok: true }), refuse: expired }),
  },
};
