/**
 * Shopify: one authorization server for each shop, tokens that expire only where that is asked for, and a header of its own.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const shop = "https://acme.myshopify.com";
const scopes = ["read_products", "read_orders"];

export const shopify: Behaviour = {
  provider: "shopify",
  sources: [
    "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant",
    "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens",
    "https://nango.dev/blog/shopify-oauth-refresh-token-invalid-grant",
  ],
  account: { id: "acme.myshopify.com", label: "acme.myshopify.com" },
  parameters: { shop: "acme" },
  scopes,
  apiUrl: `${shop}/admin/api/2026-10/shop.json`,
  endpoints: {
    [`GET ${shop}/admin/oauth/authorize`]: authorizationEndpoint({
      scopes,
      scopeSeparator: ",",
      callback: ({ account }) => ({ shop: account.id, hmac: "00", host: "YWNtZQ", timestamp: "1337178173" }),
    }),
    [`POST ${shop}/admin/oauth/access_token`]: tokenEndpoint({
      clientIn: "body",
      grantTypeOptional: true,
      format: "either",
      lifetimeSeconds: 3600,
      rotation: "strict",
      issuesRefreshToken: ({ body }) => body["expiring"] === "1",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }) => ({
        access_token: accessToken,
        scope: grant.scopes.join(","),
        ...(refreshToken === null
          ? {}
          : { expires_in: expiresInSeconds, refresh_token: refreshToken, refresh_token_expires_in: 7_776_000 }),
      }),
      refuse: refusals({
        client: json(400, { error: "invalid_client", error_description: "Client authentication failed" }),
        code: json(400, { error: "invalid_request", error_description: "The authorization code was not found or was already used" }),
        refresh_token: json(400, { error: "invalid_grant", error_description: "Token has been expired or revoked." }),
        rate: json(429, { errors: "Exceeded 2 calls per second for api client." }, { "retry-after": "2.0" }),
      }),
    }),
    [`GET ${shop}/admin/api/2026-10/shop.json`]: resource({
      header: "x-shopify-access-token",
      scheme: "",
      answer: () => ({ shop: { name: "Acme" } }),
      refuse: json(401, { errors: "[API] Invalid API key or access token (unrecognized login or wrong password)" }),
    }),
  },
};
