/**
 * Figma: a refresh goes to an endpoint of its own, and brings no refresh token.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const api = "https://api.figma.com/v1";
const scopes = ["current_user:read", "file_content:read"];
const error = (status: number, message: string) => json(status, { error: true, status, message });
const refuse = refusals({
  rate: json(429, { status: 429, err: "Rate limit exceeded" }, { "retry-after": "40" }),
  transient: error(500, "Internal server error"),
});
const shared = { clientIn: "basic", lifetimeSeconds: 7_776_000, rotation: "none", refuse } as const;

export const figma: Behaviour = {
  provider: "figma",
  sources: ["https://developers.figma.com/docs/rest-api/authentication/"],
  account: { id: "930842", label: "ada@acme.example" },
  parameters: {},
  scopes,
  apiUrl: `${api}/files/key`,
  endpoints: {
    "GET https://www.figma.com/oauth": authorizationEndpoint({ scopes, pkce: true }),
    [`POST ${api}/oauth/token`]: tokenEndpoint({
      ...shared,
      grants: ["authorization_code"],
      answer: ({ accessToken, refreshToken, expiresInSeconds }, { account }) => ({
        user_id_string: account.id,
        user_id: Number(account.id),
        access_token: accessToken,
        token_type: "bearer",
        expires_in: expiresInSeconds,
        refresh_token: refreshToken,
      }),
    }),
    [`POST ${api}/oauth/refresh`]: tokenEndpoint({
      ...shared,
      grants: ["refresh_token"],
      grantTypeOptional: true,
      answer: ({ accessToken, expiresInSeconds }) => ({ access_token: accessToken, token_type: "bearer", expires_in: expiresInSeconds }),
    }),
    [`GET ${api}/me`]: resource({
      answer: (_grant, { account }) => ({ id: account.id, email: account.label, handle: "Ada" }),
      refuse: json(403, { status: 403, err: "Invalid token" }),
    }),
    [`GET ${api}/files/key`]: resource({ answer: () => ({ name: "File" }), refuse: json(403, { status: 403, err: "Invalid token" }) }),
  },
};
