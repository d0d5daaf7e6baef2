/**
 * Intercom: what a token may do is set on the app.
 */
import { provider } from "../provider.ts";

export const intercom = provider({
  id: "intercom",
  name: "Intercom",
  docsUrl: "https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth",
  scopesDocsUrl: "https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/oauth-scopes",
  registration: {
    url: "https://app.intercom.com/a/apps/_/developer-hub",
    steps: "Developer Hub, New app; Authentication: redirect URLs and permissions",
  },
  confidence: "medium",
  authorizationEndpoint: "https://app.intercom.com/oauth",
  tokenEndpoint: "https://api.intercom.io/auth/eagle/token",
  account: { endpoint: "https://api.intercom.io/me", idPath: "id", labelPath: "email" },
  resourceHosts: ["api.eu.intercom.io", "api.au.intercom.io"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: [],
  scopes: {},
  quirks: [
    "A token does not expire",
    "Workspaces in Europe and Australia have hosts of their own: api.eu.intercom.io, api.au.intercom.io",
    "Older answers repeat the token as token",
  ],
});
