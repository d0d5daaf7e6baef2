/**
 * Instagram: a short-lived token, traded for a long-lived one, which renews itself once it is a day old.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json } from "../behaviour.ts";
import { resource } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";
import { tokenExchange } from "../token-exchange.ts";
import { metaRefusals } from "./meta-refusals.ts";

const scopes = ["instagram_business_basic", "instagram_business_manage_comments"];
const refuse = metaRefusals("IGApiException");
const ofLogin = (message: string) => json(400, { error_type: "OAuthException", code: 400, error_message: message });

export const instagram: Behaviour = {
  provider: "instagram",
  sources: [
    "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login",
    "https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token",
  ],
  account: { id: "17841405793187218", label: "ada.example" },
  parameters: {},
  scopes,
  apiUrl: "https://graph.instagram.com/me/media",
  endpoints: {
    "GET https://www.instagram.com/oauth/authorize": authorizationEndpoint({ scopes, scopeSeparator: "," }),
    "POST https://api.instagram.com/oauth/access_token": tokenEndpoint({
      clientIn: "body",
      grants: ["authorization_code"],
      lifetimeSeconds: 3600,
      rotation: "none",
      issuesRefreshToken: () => false,
      // No expires_in: an hour is what the page says.
      answer: ({ accessToken, grant }, { account }) => ({
        access_token: accessToken,
        user_id: account.id,
        permissions: grant.scopes.join(","),
      }),
      refuse: { ...refuse, client: ofLogin("Invalid platform app"), code: ofLogin("Matching code was not found or was already used") },
    }),
    "GET https://graph.instagram.com/access_token": tokenExchange({
      grantType: "ig_exchange_token",
      tokenParameter: "access_token",
      client: ["client_secret"],
      takes: "short",
      minimumAgeSeconds: 0,
      lifetimeSeconds: 5_183_944,
      refuse,
    }),
    "GET https://graph.instagram.com/refresh_access_token": tokenExchange({
      grantType: "ig_refresh_token",
      tokenParameter: "access_token",
      client: [],
      takes: "long",
      minimumAgeSeconds: 86_400,
      lifetimeSeconds: 5_183_944,
      refuse,
    }),
    "GET https://graph.instagram.com/me": resource({
      demand: ({ query }) => (query.has("fields") ? null : refuse.request),
      answer: (_grant, { account }) => ({ user_id: account.id, username: account.label }),
      refuse: refuse.refresh_token,
    }),
    "GET https://graph.instagram.com/me/media": resource({ answer: () => ({ data: [] }), refuse: refuse.refresh_token }),
  },
};
