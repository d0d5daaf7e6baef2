/**
 * Smartsheet (United States).
 */
import { provider } from "../provider.ts";

export const smartsheet = provider({
  id: "smartsheet",
  name: "Smartsheet",
  docsUrl: "https://developers.smartsheet.com/api/smartsheet/guides/advanced-topics/oauth",
  scopesDocsUrl: "https://developers.smartsheet.com/api/smartsheet/guides/advanced-topics/oauth#access-scopes",
  registration: {
    url: "https://developers.smartsheet.com/register",
    steps: "Developer account; Account, Developer Tools, Create new app; redirect URL",
  },
  confidence: "medium",
  authorizationEndpoint: "https://app.smartsheet.com/b/authorize",
  tokenEndpoint: "https://api.smartsheet.com/2.0/token",
  revocation: { endpoint: "https://api.smartsheet.com/2.0/token", method: "bearer", httpMethod: "DELETE", ends: "grant" },
  account: { endpoint: "https://api.smartsheet.com/2.0/users/me", idPath: "id", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  accessTokenLifetimeSeconds: 604_799,
  rotation: { mode: "strict" },
  defaultScopes: ["READ_USERS"],
  scopes: {
    ADMIN_SHEETS: { description: "Administer sheets", sensitivity: "admin" },
    ADMIN_SIGHTS: { description: "Administer dashboards", sensitivity: "admin" },
    ADMIN_USERS: { description: "Administer users", sensitivity: "admin" },
    ADMIN_WEBHOOKS: { description: "Administer webhooks", sensitivity: "admin" },
    ADMIN_WORKSPACES: { description: "Administer workspaces", sensitivity: "admin" },
    CREATE_SHEETS: { description: "Create sheets", sensitivity: "write" },
    CREATE_SIGHTS: { description: "Create dashboards", sensitivity: "write" },
    DELETE_SHEETS: { description: "Delete sheets", sensitivity: "write" },
    DELETE_SIGHTS: { description: "Delete dashboards", sensitivity: "write" },
    READ_CONTACTS: { description: "Read contacts", sensitivity: "read" },
    READ_EVENTS: { description: "Read events", sensitivity: "read" },
    READ_SHEETS: { description: "Read sheets", sensitivity: "read" },
    READ_SIGHTS: { description: "Read dashboards", sensitivity: "read" },
    READ_USERS: { description: "Read users", sensitivity: "basic" },
    SHARE_SHEETS: { description: "Share sheets", sensitivity: "write" },
    SHARE_SIGHTS: { description: "Share dashboards", sensitivity: "write" },
    WRITE_SHEETS: { description: "Edit sheets", sensitivity: "write" },
  },
  quirks: ["Europe, Australia and Government have hosts of their own"],
});
