/**
 * Gitea, and servers like it: `host` is the bare host name, with a port if need be.
 */
import { provider } from "../provider.ts";

export const gitea = provider({
  id: "gitea",
  name: "Gitea",
  docsUrl: "https://docs.gitea.com/development/oauth2-provider",
  scopesDocsUrl: "https://docs.gitea.com/development/oauth2-provider#scopes",
  registration: {
    url: "https://{host}/user/settings/applications",
    steps: "Settings, Applications, Manage OAuth2 applications; redirect URIs; confidential client",
  },
  confidence: "low",
  authorizationEndpoint: "https://{host}/login/oauth/authorize",
  tokenEndpoint: "https://{host}/login/oauth/access_token",
  account: { endpoint: "https://{host}/login/oauth/userinfo", idPath: "sub", labelPath: "preferred_username" },
  urlParameters: ["host"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  accessTokenLifetimeSeconds: 3600,
  refreshTokenLifetimeSeconds: 2_628_000,
  defaultScopes: ["openid", "profile", "email"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    groups: { description: "Read group memberships", sensitivity: "read" },
    "read:activitypub": { description: "Read activitypub data", sensitivity: "read" },
    "write:activitypub": { description: "Read and write activitypub data", sensitivity: "write", implies: ["read:activitypub"] },
    "read:admin": { description: "Read admin data", sensitivity: "read" },
    "write:admin": { description: "Read and write admin data", sensitivity: "admin", implies: ["read:admin"] },
    "read:issue": { description: "Read issue data", sensitivity: "read" },
    "write:issue": { description: "Read and write issue data", sensitivity: "write", implies: ["read:issue"] },
    "read:misc": { description: "Read misc data", sensitivity: "read" },
    "write:misc": { description: "Read and write misc data", sensitivity: "write", implies: ["read:misc"] },
    "read:notification": { description: "Read notification data", sensitivity: "read" },
    "write:notification": { description: "Read and write notification data", sensitivity: "write", implies: ["read:notification"] },
    "read:organization": { description: "Read organization data", sensitivity: "read" },
    "write:organization": { description: "Read and write organization data", sensitivity: "write", implies: ["read:organization"] },
    "read:package": { description: "Read package data", sensitivity: "read" },
    "write:package": { description: "Read and write package data", sensitivity: "write", implies: ["read:package"] },
    "read:repository": { description: "Read repository data", sensitivity: "read" },
    "write:repository": { description: "Read and write repository data", sensitivity: "write", implies: ["read:repository"] },
    "read:user": { description: "Read user data", sensitivity: "read" },
    "write:user": { description: "Read and write user data", sensitivity: "write", implies: ["read:user"] },
  },
  quirks: [
    "Older versions know no granular scopes: there a token has full access",
    "Whether a refresh token may be used again is a setting of the server",
  ],
});
