/**
 * Zoom: a reason beside the error, numbers of its own, and a revocation that takes access tokens.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const scopes = ["user:read:user", "meeting:read:meeting"];

export const zoom: Behaviour = {
  provider: "zoom",
  sources: [
    "https://developers.zoom.us/docs/integrations/oauth/",
    "https://developers.zoom.us/docs/integrations/oauth-error-messages/",
    "https://github.com/raycast/extensions/issues/10896",
  ],
  account: { id: "KDcuGIm1QgePTO8WbOqwIQ", label: "ada@acme.example" },
  parameters: {},
  scopes,
  apiUrl: "https://api.zoom.us/v2/users/me/meetings",
  endpoints: {
    "GET https://zoom.us/oauth/authorize": authorizationEndpoint({ scopes, pkce: true }),
    "POST https://zoom.us/oauth/token": tokenEndpoint({
      clientIn: "basic",
      lifetimeSeconds: 3600,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }, { local }) => ({
        access_token: accessToken,
        token_type: "bearer",
        refresh_token: refreshToken,
        expires_in: expiresInSeconds,
        scope: grant.scopes.join(" "),
        api_url: local("https://api.zoom.us"),
      }),
      refuse: refusals({
        client: json(400, { reason: "Invalid client_id or client_secret", error: "invalid_client" }),
        code: json(400, { reason: "Invalid authorization code", error: "invalid_grant" }),
        refresh_token: json(400, { reason: "Invalid Token!", error: "invalid_grant" }),
        grant_type: json(400, { code: 4705, message: "Grant type is not supported from token endpoint." }),
        transient: json(500, { code: 4700, message: "Exception message" }),
        rate: json(429, { code: 429, message: "You have reached the maximum per-second rate limit for this API." }, { "retry-after": "5" }),
      }),
    }),
    "POST https://zoom.us/oauth/revoke": revocationEndpoint({
      token: ({ body }) => body["token"],
      takes: "access",
      clientIn: "basic",
      ends: "grant",
      done: json(200, { status: "success" }),
      unknown: json(400, { reason: "Invalid Token!", error: "invalid_grant" }),
    }),
    "GET https://api.zoom.us/v2/users/me": resource({
      answer: (_grant, { account }) => ({ id: account.id, email: account.label }),
      refuse: json(401, { code: 124, message: "Invalid access token." }),
    }),
    "GET https://api.zoom.us/v2/users/me/meetings": resource({
      answer: () => ({ meetings: [] }),
      refuse: json(401, { code: 124, message: "Invalid access token." }),
    }),
  },
};
