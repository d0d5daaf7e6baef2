/**
 * Roblox.
 */
import { provider } from "../provider.ts";

export const roblox = provider({
  id: "roblox",
  name: "Roblox",
  docsUrl: "https://create.roblox.com/docs/cloud/auth/oauth2-overview",
  scopesDocsUrl: "https://create.roblox.com/docs/cloud/auth/oauth2-reference",
  registration: {
    url: "https://create.roblox.com/dashboard/credentials?activeTab=OAuthTab",
    steps: "Creator Dashboard, OAuth 2.0 apps, Create; redirect URLs; permissions; publish after a review",
  },
  confidence: "medium",
  issuer: "https://apis.roblox.com/oauth/",
  authorizationEndpoint: "https://apis.roblox.com/oauth/v1/authorize",
  tokenEndpoint: "https://apis.roblox.com/oauth/v1/token",
  revocation: { endpoint: "https://apis.roblox.com/oauth/v1/token/revoke", ends: "grant" },
  account: { endpoint: "https://apis.roblox.com/oauth/v1/userinfo", idPath: "sub", labelPath: "preferred_username" },
  clientAuthentication: "client_secret_post",
  pkce: "supported",
  accessTokenLifetimeSeconds: 900,
  refreshTokenLifetimeSeconds: 7_776_000,
  rotation: { mode: "strict" },
  defaultScopes: ["openid", "profile"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    verification: { description: "Read verification status (first-party)", sensitivity: "read" },
    credentials: { description: "Read credentials claims (first-party)", sensitivity: "admin" },
    age: { description: "Read the age bracket (first-party)", sensitivity: "read" },
    premium: { description: "Read the Premium flag (first-party)", sensitivity: "read" },
    roles: { description: "Read roles (first-party)", sensitivity: "read" },
    "universe-messaging-service:publish": { description: "Publish messages to experiences", sensitivity: "write" },
    "asset:read": { description: "Read assets", sensitivity: "read" },
    "asset:write": { description: "Create and edit assets", sensitivity: "write" },
    "group:read": { description: "Read groups", sensitivity: "read" },
    "group:write": { description: "Manage groups", sensitivity: "write" },
    "user.inventory-item:read": { description: "Read the inventory", sensitivity: "read" },
    "user.social:read": { description: "Read social links", sensitivity: "read" },
    "user.advanced:read": { description: "Read advanced profile data", sensitivity: "read" },
    "universe:write": { description: "Manage experiences", sensitivity: "write" },
    "universe.place:write": { description: "Manage places", sensitivity: "write" },
  },
  quirks: [
    "An authorization code lasts one minute",
    "Which resources each scope reaches is listed at https://apis.roblox.com/oauth/v1/token/resources",
  ],
});
