/**
 * Yahoo. Scopes of its APIs follow the app's permissions.
 */
import { provider } from "../provider.ts";

export const yahoo = provider({
  id: "yahoo",
  name: "Yahoo",
  docsUrl: "https://developer.yahoo.com/oauth2/guide/flows_authcode/",
  scopesDocsUrl: "https://developer.yahoo.com/oauth2/guide/yahoo_scopes/",
  registration: {
    url: "https://developer.yahoo.com/apps/create/",
    steps: "Create an app: confidential client; redirect URIs; API permissions",
  },
  confidence: "medium",
  issuer: "https://api.login.yahoo.com",
  authorizationEndpoint: "https://api.login.yahoo.com/oauth2/request_auth",
  tokenEndpoint: "https://api.login.yahoo.com/oauth2/get_token",
  revocation: { endpoint: "https://api.login.yahoo.com/oauth2/revoke", ends: "grant" },
  account: { endpoint: "https://api.login.yahoo.com/openid/v1/userinfo", idPath: "sub", labelPath: "email" },
  resourceHosts: ["*.yahooapis.com"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "none" },
  defaultScopes: ["openid"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    openid2: { description: "Sign in with the pairwise-free OpenID identifier", sensitivity: "basic" },
    "fspt-r": { description: "Read Fantasy Sports data", sensitivity: "read" },
    "fspt-w": { description: "Read and write Fantasy Sports data", sensitivity: "write", implies: ["fspt-r"] },
    "mail-r": { description: "Read mail (restricted)", sensitivity: "read" },
    "mail-w": { description: "Read and write mail (restricted)", sensitivity: "write", implies: ["mail-r"] },
    "sdct-r": { description: "Read contacts", sensitivity: "read" },
    "sdct-w": { description: "Read and write contacts", sensitivity: "write", implies: ["sdct-r"] },
  },
});
