/**
 * Close.
 */
import { provider } from "../provider.ts";

export const close = provider({
  id: "close",
  name: "Close",
  docsUrl: "https://developer.close.com/topics/authentication-oauth2/",
  scopesDocsUrl: "https://developer.close.com/topics/authentication-oauth2/",
  registration: { url: "https://app.close.com/settings/developer/", steps: "Settings, Developer, OAuth Apps, Create; redirect URIs" },
  confidence: "medium",
  authorizationEndpoint: "https://app.close.com/oauth2/authorize/",
  tokenEndpoint: "https://api.close.com/oauth2/token/",
  revocation: { endpoint: "https://api.close.com/oauth2/revoke/", ends: "grant" },
  account: { endpoint: "https://api.close.com/api/v1/me/", idPath: "id", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: { scopes: ["offline_access"] },
  captures: { token: ["organization_id", "user_id"] },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "strict" },
  defaultScopes: ["all.full_access"],
  scopes: {
    "all.full_access": { description: "Full access to the organization", sensitivity: "admin" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
  },
});
