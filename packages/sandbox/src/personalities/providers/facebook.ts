/**
 * Facebook: errors are objects with numbers, and a token is traded for a longer-lived one in the place of a refresh.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json } from "../behaviour.ts";
import { carriedToken, resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";
import { tokenExchange } from "../token-exchange.ts";
import { metaRefusals } from "./meta-refusals.ts";

const scopes = ["public_profile", "email"];
const refuse = metaRefusals("OAuthException");

export const facebook: Behaviour = {
  provider: "facebook",
  sources: [
    "https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow",
    "https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived",
    "https://developers.facebook.com/docs/graph-api/guides/error-handling",
  ],
  account: { id: "10158", label: "Ada Example" },
  parameters: { version: "v25.0" },
  scopes,
  apiUrl: "https://graph.facebook.com/v25.0/me/accounts",
  endpoints: {
    "GET https://www.facebook.com/v25.0/dialog/oauth": authorizationEndpoint({ scopes, scopeSeparator: "," }),
    "POST https://graph.facebook.com/v25.0/oauth/access_token": tokenEndpoint({
      clientIn: "body",
      grants: ["authorization_code"],
      lifetimeSeconds: 5400,
      rotation: "none",
      issuesRefreshToken: () => false,
      answer: ({ accessToken, expiresInSeconds }) => ({ access_token: accessToken, token_type: "bearer", expires_in: expiresInSeconds }),
      refuse,
    }),
    "GET https://graph.facebook.com/v25.0/oauth/access_token": tokenExchange({
      grantType: "fb_exchange_token",
      tokenParameter: "fb_exchange_token",
      client: ["client_id", "client_secret"],
      takes: "any",
      minimumAgeSeconds: 0,
      lifetimeSeconds: 5_183_944,
      refuse,
    }),
    "GET https://graph.facebook.com/v25.0/me": resource({
      answer: (_grant, { account }) => ({ id: account.id, name: account.label }),
      refuse: refuse.refresh_token,
    }),
    "GET https://graph.facebook.com/v25.0/me/accounts": resource({ answer: () => ({ data: [] }), refuse: refuse.refresh_token }),
    "DELETE https://graph.facebook.com/v25.0/me/permissions": revocationEndpoint({
      token: (request) => carriedToken(request),
      takes: "access",
      clientIn: "none",
      ends: "account",
      done: json(200, { success: true }),
      unknown: refuse.refresh_token,
      failing: refuse.transient,
    }),
  },
};
