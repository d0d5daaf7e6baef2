/**
 * Tumblr.
 */
import { provider } from "../provider.ts";

export const tumblr = provider({
  id: "tumblr",
  name: "Tumblr",
  docsUrl: "https://www.tumblr.com/docs/en/api/v2#oauth2-authorization",
  scopesDocsUrl: "https://www.tumblr.com/docs/en/api/v2#oauth2-authorization",
  registration: { url: "https://www.tumblr.com/oauth/apps", steps: "Settings, Apps, Register; OAuth2 redirect URLs" },
  confidence: "medium",
  authorizationEndpoint: "https://www.tumblr.com/oauth2/authorize",
  tokenEndpoint: "https://api.tumblr.com/v2/oauth2/token",
  account: { endpoint: "https://api.tumblr.com/v2/user/info", idPath: "response.user.name", labelPath: "response.user.name" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: { scopes: ["offline_access"] },
  accessTokenLifetimeSeconds: 2520,
  rotation: { mode: "strict" },
  defaultScopes: ["basic"],
  scopes: {
    basic: { description: "Read the account", sensitivity: "basic" },
    write: { description: "Post and edit", sensitivity: "write" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
  },
});
