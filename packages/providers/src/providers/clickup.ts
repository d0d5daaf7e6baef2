/**
 * ClickUp: no scopes; the user picks workspaces on the consent page.
 */
import { provider } from "../provider.ts";

export const clickup = provider({
  id: "clickup",
  name: "ClickUp",
  docsUrl: "https://developer.clickup.com/docs/authentication",
  scopesDocsUrl: null,
  registration: { url: "https://app.clickup.com/settings/apps", steps: "Settings, Apps, Create new app; redirect URL" },
  confidence: "high",
  authorizationEndpoint: "https://app.clickup.com/api",
  tokenEndpoint: "https://api.clickup.com/api/v2/oauth/token",
  account: { endpoint: "https://api.clickup.com/api/v2/user", idPath: "user.id", labelPath: "user.email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: [],
  scopes: {},
  quirks: ["A token does not expire", "API calls take the token with or without Bearer"],
});
