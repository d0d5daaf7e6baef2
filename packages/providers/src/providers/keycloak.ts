/**
 * Keycloak: `host` is the bare host name, with a port if need be; `realm` is the realm's name.
 */
import { provider, scopesLike } from "../provider.ts";

export const keycloak = provider({
  id: "keycloak",
  name: "Keycloak",
  docsUrl: "https://www.keycloak.org/securing-apps/oidc-layers",
  scopesDocsUrl: "https://www.keycloak.org/docs/latest/server_admin/#_client_scopes",
  registration: {
    url: "https://{host}/admin/master/console/",
    steps: "The realm, Clients, Create; client authentication on; valid redirect URIs",
  },
  confidence: "medium",
  issuer: "https://{host}/realms/{realm}",
  authorizationEndpoint: "https://{host}/realms/{realm}/protocol/openid-connect/auth",
  tokenEndpoint: "https://{host}/realms/{realm}/protocol/openid-connect/token",
  revocation: { endpoint: "https://{host}/realms/{realm}/protocol/openid-connect/revoke", ends: "grant" },
  account: { endpoint: "https://{host}/realms/{realm}/protocol/openid-connect/userinfo", idPath: "sub", labelPath: "preferred_username" },
  urlParameters: ["host", "realm"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  tokenFields: { refreshTokenExpiresIn: "refresh_expires_in" },
  // Without it a refresh token comes as well, and ends with the user's session.
  offlineAccess: { scopes: ["offline_access"] },
  accessTokenLifetimeSeconds: 300,
  defaultScopes: ["openid", "profile", "email"],
  // Client scopes have any name.
  openTo: [scopesLike<string>(/^\S+$/)],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    address: { description: "Read the user's postal address", sensitivity: "basic" },
    phone: { description: "Read the user's phone number", sensitivity: "basic" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
    roles: { description: "Add realm and client roles to the token", sensitivity: "read" },
    "web-origins": { description: "Add allowed web origins to the token", sensitivity: "basic" },
    "microprofile-jwt": { description: "Add MicroProfile claims", sensitivity: "basic" },
    acr: { description: "Add the authentication context class", sensitivity: "basic" },
    basic: { description: "Add subject and auth time claims", sensitivity: "basic" },
    organization: { description: "Add organization membership", sensitivity: "read" },
    service_account: { description: "Add service-account claims", sensitivity: "basic" },
  },
  quirks: [
    "Users need the role offline_access, which they have by default",
    "Lifetimes and rotation are settings of the realm",
    "Servers before version 17 have /auth before /realms",
  ],
});
