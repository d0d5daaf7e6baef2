/**
 * WHOOP. A refresh names `offline` again.
 */
import { provider } from "../provider.ts";

export const whoop = provider({
  id: "whoop",
  name: "WHOOP",
  docsUrl: "https://developer.whoop.com/docs/developing/oauth",
  scopesDocsUrl: "https://developer.whoop.com/api#section/Authentication",
  registration: { url: "https://developer-dashboard.whoop.com", steps: "Developer dashboard, Create app; redirect URLs; scopes" },
  confidence: "medium",
  authorizationEndpoint: "https://api.prod.whoop.com/oauth/oauth2/auth",
  tokenEndpoint: "https://api.prod.whoop.com/oauth/oauth2/token",
  revocation: { endpoint: "https://api.prod.whoop.com/developer/v2/user/access", method: "bearer", httpMethod: "DELETE", ends: "account" },
  account: { endpoint: "https://api.prod.whoop.com/developer/v2/user/profile/basic", idPath: "user_id", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: { scopes: ["offline"] },
  refreshParameters: { scope: "offline" },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "strict" },
  refreshEndsAccessToken: true,
  defaultScopes: ["read:profile"],
  scopes: {
    "read:body_measurement": { description: "Read body measurement", sensitivity: "read" },
    "read:cycles": { description: "Read cycles", sensitivity: "read" },
    "read:profile": { description: "Read profile", sensitivity: "basic" },
    "read:recovery": { description: "Read recovery", sensitivity: "read" },
    "read:sleep": { description: "Read sleep", sensitivity: "read" },
    "read:workout": { description: "Read workout", sensitivity: "read" },
    offline: { description: "Issue a refresh token", sensitivity: "basic" },
  },
});
