/**
 * authentik: `host` is the bare host name, with a port if need be.
 */
import { provider, scopesLike } from "../provider.ts";

export const authentik = provider({
  id: "authentik",
  name: "authentik",
  docsUrl: "https://docs.goauthentik.io/add-secure-apps/providers/oauth2/",
  scopesDocsUrl: "https://docs.goauthentik.io/add-secure-apps/providers/oauth2/#scopes",
  registration: {
    url: "https://{host}/if/admin/#/core/providers",
    steps: "Admin interface, Applications, Create with provider: OAuth2/OpenID, confidential; add the offline_access mapping",
  },
  confidence: "medium",
  authorizationEndpoint: "https://{host}/application/o/authorize/",
  tokenEndpoint: "https://{host}/application/o/token/",
  revocation: { endpoint: "https://{host}/application/o/revoke/", ends: "grant" },
  account: { endpoint: "https://{host}/application/o/userinfo/", idPath: "sub", labelPath: "preferred_username" },
  urlParameters: ["host"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  offlineAccess: { scopes: ["offline_access"] },
  rotation: { mode: "strict" },
  defaultScopes: ["openid", "profile", "email"],
  // Scope mappings have any name.
  openTo: [scopesLike<string>(/^\S+$/)],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
    entitlements: { description: "Add application entitlements", sensitivity: "read" },
    "goauthentik.io/api": { description: "Use the authentik API as the user", sensitivity: "admin" },
  },
  quirks: [
    "Lifetimes are settings of the provider",
    "The issuer ends in the application's slug or not, as the provider's issuer mode has it",
  ],
});
