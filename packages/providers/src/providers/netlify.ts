/**
 * Netlify: no scopes; a token does all that the user may.
 */
import { provider } from "../provider.ts";

export const netlify = provider({
  id: "netlify",
  name: "Netlify",
  docsUrl: "https://docs.netlify.com/api-and-cli-guides/api-guides/get-started-with-api/",
  scopesDocsUrl: null,
  registration: {
    url: "https://app.netlify.com/user/applications",
    steps: "User settings, Applications, OAuth applications, New; redirect URI",
  },
  confidence: "medium",
  authorizationEndpoint: "https://app.netlify.com/authorize",
  tokenEndpoint: "https://api.netlify.com/oauth/token",
  account: { endpoint: "https://api.netlify.com/api/v1/user", idPath: "id", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: [],
  scopes: {},
  quirks: ["A token does not expire"],
});
