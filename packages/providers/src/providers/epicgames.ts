/**
 * Epic Games account services.
 */
import { provider } from "../provider.ts";

export const epicgames = provider({
  id: "epicgames",
  name: "Epic Games",
  docsUrl: "https://dev.epicgames.com/docs/web-api-ref/authentication",
  scopesDocsUrl: "https://dev.epicgames.com/docs/epic-account-services/auth/auth-interface",
  registration: {
    url: "https://dev.epicgames.com/portal",
    steps: "Organization, Product settings, Clients, and Epic Account Services: an application with its permissions",
  },
  confidence: "low",
  issuer: "https://api.epicgames.dev/epic/oauth/v2",
  authorizationEndpoint: "https://www.epicgames.com/id/authorize",
  tokenEndpoint: "https://api.epicgames.dev/epic/oauth/v2/token",
  revocation: { endpoint: "https://api.epicgames.dev/epic/oauth/v2/revoke", ends: "grant" },
  // Not the userinfo endpoint: that one wants `openid`.
  accountIn: { source: "token_response", idPath: "account_id", labelPath: "account_id" },
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  tokenFields: { refreshTokenExpiresIn: "refresh_expires_in" },
  rotation: { mode: "strict" },
  defaultScopes: ["basic_profile"],
  scopes: {
    basic_profile: { description: "Read display name and preferred language", sensitivity: "basic" },
    openid: { description: "Issue an id token", sensitivity: "basic" },
    friends_list: { description: "Read the friends list", sensitivity: "read" },
    presence: { description: "Read and set presence", sensitivity: "write" },
    country: { description: "Read the account country", sensitivity: "read" },
  },
});
