/**
 * Todoist.
 */
import { provider } from "../provider.ts";

export const todoist = provider({
  id: "todoist",
  name: "Todoist",
  docsUrl: "https://developer.todoist.com/api/v1/#tag/Authorization",
  scopesDocsUrl: "https://developer.todoist.com/api/v1/#tag/Authorization/OAuth",
  registration: {
    url: "https://app.todoist.com/app/settings/integrations/app-management",
    steps: "Settings, Integrations, Developer, Create a new app; OAuth redirect URL",
  },
  confidence: "medium",
  authorizationEndpoint: "https://todoist.com/oauth/authorize",
  tokenEndpoint: "https://todoist.com/oauth/access_token",
  revocation: { endpoint: "https://api.todoist.com/api/v1/revoke", ends: "token", clientAuthentication: "client_secret_basic" },
  account: { endpoint: "https://api.todoist.com/api/v1/user", idPath: "id", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  offlineAccess: null,
  defaultScopes: ["data:read"],
  scopes: {
    "task:add": { description: "Add tasks only", sensitivity: "write" },
    "data:read": { description: "Read tasks, projects and other data", sensitivity: "read" },
    "data:read_write": { description: "Read and write data including task:add", sensitivity: "write", implies: ["data:read", "task:add"] },
    "data:delete": { description: "Delete data", sensitivity: "write" },
    "project:delete": { description: "Delete projects", sensitivity: "write" },
    "backups:read": { description: "List and download backups", sensitivity: "read" },
    "dev:app_console": { description: "Manage apps in the developer console", sensitivity: "admin" },
  },
  quirks: ["A token does not expire"],
});
