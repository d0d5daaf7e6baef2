/**
 * Google: a refresh token with the first consent, or where consent is asked for again, and a revocation that ends all of a person's grants.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const scopes = ["openid", "email", "profile"];
const long: Readonly<Record<string, string>> = {
  email: "https://www.googleapis.com/auth/userinfo.email",
  profile: "https://www.googleapis.com/auth/userinfo.profile",
};
const unauthenticated = json(401, { error: "invalid_request", error_description: "Invalid Credentials" });

export const google: Behaviour = {
  provider: "google",
  sources: [
    "https://developers.google.com/identity/protocols/oauth2/web-server",
    "https://developers.google.com/identity/protocols/oauth2#expiration",
  ],
  account: { id: "10769150350006150715113082367", label: "ada@gmail.example" },
  parameters: {},
  scopes,
  apiUrl: "https://www.googleapis.com/drive/v3/about",
  endpoints: {
    "GET https://accounts.google.com/o/oauth2/v2/auth": authorizationEndpoint({
      scopes,
      pkce: true,
      offline: (query, _asked, { ledger }) =>
        query.get("access_type") === "offline" && (query.get("prompt") === "consent" || !ledger.hasConsented()),
      grantedAs: (scope) => long[scope] ?? scope,
    }),
    "POST https://oauth2.googleapis.com/token": tokenEndpoint({
      clientIn: "either",
      lifetimeSeconds: 3599,
      rotation: "none",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }) => ({
        access_token: accessToken,
        expires_in: expiresInSeconds,
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
        scope: grant.scopes.join(" "),
        token_type: "Bearer",
      }),
      refuse: refusals({
        client: json(401, { error: "invalid_client", error_description: "The provided client secret is invalid." }),
        code: json(400, { error: "invalid_grant", error_description: "Malformed auth code." }),
        refresh_token: json(400, { error: "invalid_grant", error_description: "Token has been expired or revoked." }),
        transient: json(500, { error: "internal_failure", error_description: "Backend Error" }),
        rate: json(429, { error: "rate_limit_exceeded", error_description: "Rate Limit Exceeded" }),
      }),
    }),
    "POST https://oauth2.googleapis.com/revoke": revocationEndpoint({
      token: ({ format, body }) => (format === "form" ? body["token"] : undefined),
      takes: "either",
      clientIn: "none",
      ends: "account",
      done: json(200, {}),
      unknown: json(400, { error: "invalid_token", error_description: "Token expired or revoked" }),
    }),
    "GET https://openidconnect.googleapis.com/v1/userinfo": resource({
      answer: (_grant, { account }) => ({ sub: account.id, email: account.label }),
      refuse: unauthenticated,
    }),
    "GET https://www.googleapis.com/drive/v3/about": resource({ answer: () => ({ kind: "drive#about" }), refuse: unauthenticated }),
  },
};
