/**
 * BambooHR: `companyDomain` is the part before .bamboohr.com.
 */
import { provider } from "../provider.ts";

export const bamboohr = provider({
  id: "bamboohr",
  name: "BambooHR",
  docsUrl: "https://documentation.bamboohr.com/docs/getting-started",
  scopesDocsUrl: "https://documentation.bamboohr.com/reference/scopes",
  registration: {
    url: "https://developers.bamboohr.com",
    steps: "Developer portal, My Applications, Create; redirect URIs; tick each scope",
  },
  confidence: "low",
  authorizationEndpoint: "https://{companyDomain}.bamboohr.com/authorize.php",
  tokenEndpoint: "https://{companyDomain}.bamboohr.com/token.php",
  resourceHosts: ["api.bamboohr.com"],
  urlParameters: ["companyDomain"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: { scopes: ["offline_access"] },
  authorizationParameters: { request: "authorize" },
  tokenParameters: { request: "token" },
  refreshParameters: { request: "token" },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "strict" },
  defaultScopes: ["openid", "email"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
  },
  quirks: [
    "Names no account: it gives an ID token, and no keys are published that it could be checked with",
    "Some 220 scopes are named in the developer portal only: allowUnlistedScopes takes them",
  ],
});
