/**
 * TikTok: the client is a `client_key`, and only an access token can be revoked.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const api = "https://open.tiktokapis.com/v2";
const scopes = ["user.info.basic", "video.list"];
const clientIdParameter = "client_key";
const error = (code: string, description: string) => json(200, { error: code, error_description: description, log_id: "2022" });

export const tiktok: Behaviour = {
  provider: "tiktok",
  sources: [
    "https://developers.tiktok.com/doc/oauth-user-access-token-management",
    "https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token",
    "https://developers.tiktok.com/docs/en/oauth-revoke-a-user-access-token",
    "https://developers.tiktok.com/doc/oauth-error-handling",
  ],
  account: { id: "afd97af1-b87b-48b9", label: "Ada Example" },
  parameters: {},
  scopes,
  apiUrl: `${api}/video/list/`,
  endpoints: {
    "GET https://www.tiktok.com/v2/auth/authorize/": authorizationEndpoint({ scopes, scopeSeparator: ",", clientIdParameter, pkce: true }),
    [`POST ${api}/oauth/token/`]: tokenEndpoint({
      clientIn: "body",
      clientIdParameter,
      lifetimeSeconds: 7200,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }, { account }) => ({
        access_token: accessToken,
        expires_in: expiresInSeconds,
        open_id: account.id,
        refresh_expires_in: 15_552_000,
        refresh_token: refreshToken,
        scope: grant.scopes.join(","),
        token_type: "Bearer",
      }),
      refuse: refusals({
        client: error("invalid_client", "Client key or secret is incorrect."),
        code: error("invalid_grant", "Authorization code is expired."),
        refresh_token: error("invalid_grant", "Refresh token is invalid or expired."),
        request: error("invalid_request", "The request parameters are malformed."),
        grant_type: error("unsupported_grant_type", "The grant type is not supported."),
        transient: json(500, { error: "server_error", error_description: "Something went wrong.", log_id: "2022" }),
        rate: json(429, { error: { code: "rate_limit_exceeded", message: "The API rate limit was exceeded.", log_id: "2022" } }),
      }),
    }),
    [`POST ${api}/oauth/revoke/`]: revocationEndpoint({
      token: ({ format, body }) => (format === "form" ? body["token"] : undefined),
      takes: "access",
      clientIn: "body",
      clientIdParameter,
      ends: "grant",
      done: json(200, {}),
      unknown: json(400, { error: "invalid_grant", error_description: "Access token is invalid or expired.", log_id: "2022" }),
    }),
    [`GET ${api}/user/info/`]: resource({
      demand: ({ query }) => (query.has("fields") ? null : json(400, { data: {}, error: { code: "invalid_params" } })),
      answer: (_grant, { account }) => ({
        data: { user: { open_id: account.id, display_name: account.label } },
        error: { code: "ok", message: "", log_id: "2022" },
      }),
      refuse: json(401, { data: {}, error: { code: "access_token_invalid" } }),
    }),
    [`GET ${api}/video/list/`]: resource({ answer: () => ({ data: { videos: [] } }) }),
  },
};
