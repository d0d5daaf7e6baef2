/**
 * Pinterest.
 */
import { provider } from "../provider.ts";

export const pinterest = provider({
  id: "pinterest",
  name: "Pinterest",
  docsUrl: "https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/",
  scopesDocsUrl: "https://developers.pinterest.com/docs/getting-started/scopes/",
  registration: {
    url: "https://developers.pinterest.com/apps/",
    steps: "My apps, Connect app; redirect URIs; trial access first, standard access after a review",
  },
  confidence: "medium",
  authorizationEndpoint: "https://www.pinterest.com/oauth/",
  tokenEndpoint: "https://api.pinterest.com/v5/oauth/token",
  account: { endpoint: "https://api.pinterest.com/v5/user_account", idPath: "id", labelPath: "username" },
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  scopeSeparator: ",",
  // Asks older apps' tokens to be like those of newer ones.
  tokenParameters: { continuous_refresh: "true" },
  accessTokenLifetimeSeconds: 2_592_000,
  refreshTokenLifetimeSeconds: 5_184_000,
  rotation: { mode: "strict" },
  defaultScopes: ["user_accounts:read"],
  scopes: {
    "ads:read": { description: "Read ads", sensitivity: "read" },
    "ads:write": { description: "Create and edit ads", sensitivity: "write" },
    "billing:read": { description: "Read billing", sensitivity: "read" },
    "billing:write": { description: "Create and edit billing", sensitivity: "admin" },
    "biz_access:read": { description: "Read biz access", sensitivity: "read" },
    "biz_access:write": { description: "Create and edit biz access", sensitivity: "admin" },
    "boards:read": { description: "Read boards", sensitivity: "read" },
    "boards:read_secret": { description: "Read secret boards", sensitivity: "read" },
    "boards:write": { description: "Create and edit boards", sensitivity: "write" },
    "boards:write_secret": { description: "Create and edit secret boards", sensitivity: "write" },
    "catalogs:read": { description: "Read catalogs", sensitivity: "read" },
    "catalogs:write": { description: "Create and edit catalogs", sensitivity: "write" },
    "msot:write": { description: "Create and edit measurement source of truth data", sensitivity: "write" },
    "pins:read": { description: "Read pins", sensitivity: "read" },
    "pins:read_secret": { description: "Read secret pins", sensitivity: "read" },
    "pins:write": { description: "Create and edit pins", sensitivity: "write" },
    "pins:write_secret": { description: "Create and edit secret pins", sensitivity: "write" },
    "user_accounts:read": { description: "Read the user account", sensitivity: "basic" },
    "user_accounts:write": { description: "Create and edit user accounts", sensitivity: "write" },
  },
  quirks: ["Without continuous refresh a refresh token does not rotate and ends a year after consent"],
});
