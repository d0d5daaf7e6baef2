/**
 * Databricks: `workspace` is the workspace's full host name.
 */
import { provider } from "../provider.ts";

export const databricks = provider({
  id: "databricks",
  name: "Databricks",
  docsUrl: "https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m",
  scopesDocsUrl: "https://docs.databricks.com/aws/en/dev-tools/auth/api-scopes",
  registration: {
    url: "https://accounts.cloud.databricks.com/settings/app-integrations",
    steps: "Account console, Settings, App connections, Add connection; redirect URLs; scopes",
  },
  confidence: "low",
  issuer: "https://{workspace}/oidc",
  authorizationEndpoint: "https://{workspace}/oidc/v1/authorize",
  tokenEndpoint: "https://{workspace}/oidc/v1/token",
  account: { endpoint: "https://{workspace}/api/2.0/preview/scim/v2/Me", idPath: "id", labelPath: "userName" },
  urlParameters: ["workspace"],
  clientAuthentication: "client_secret_basic",
  pkce: "required",
  offlineAccess: { scopes: ["offline_access"] },
  accessTokenLifetimeSeconds: 3600,
  defaultScopes: ["all-apis"],
  scopes: {
    "all-apis": { description: "All workspace APIs", sensitivity: "admin" },
    sql: { description: "SQL execution and warehouses", sensitivity: "write" },
    "file.files": { description: "Files API", sensitivity: "write" },
    "unity-catalog": { description: "Unity Catalog", sensitivity: "write" },
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
  },
  quirks: ["Account-wide tokens come from https://accounts.cloud.databricks.com/oidc/accounts/, followed by the account's id"],
});
