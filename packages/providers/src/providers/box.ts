/**
 * Box. Scopes are those ticked on the app unless fewer are asked for.
 */
import { provider } from "../provider.ts";

export const box = provider({
  id: "box",
  name: "Box",
  docsUrl: "https://developer.box.com/guides/authentication/oauth2/",
  scopesDocsUrl: "https://developer.box.com/guides/api-calls/permissions-and-errors/scopes/",
  registration: {
    url: "https://app.box.com/developers/console",
    steps: "Create Platform App, Custom App, User Authentication (OAuth 2.0); redirect URI; application scopes",
  },
  confidence: "high",
  authorizationEndpoint: "https://account.box.com/api/oauth2/authorize",
  tokenEndpoint: "https://api.box.com/oauth2/token",
  revocation: { endpoint: "https://api.box.com/oauth2/revoke", ends: "grant" },
  account: { endpoint: "https://api.box.com/2.0/users/me", idPath: "id", labelPath: "login" },
  resourceHosts: ["upload.box.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  accessTokenLifetimeSeconds: 3600,
  refreshTokenLifetimeSeconds: 5_184_000,
  rotation: { mode: "strict" },
  defaultScopes: ["root_readonly"],
  scopes: {
    root_readonly: { description: "Read all files and folders", sensitivity: "read" },
    root_readwrite: { description: "Read and write all files and folders", sensitivity: "write", implies: ["root_readonly"] },
    manage_managed_users: { description: "Manage the enterprise's managed users", sensitivity: "admin" },
    manage_app_users: { description: "Manage app users", sensitivity: "admin" },
    manage_groups: { description: "Manage groups", sensitivity: "admin" },
    manage_webhook: { description: "Manage webhooks", sensitivity: "write" },
    manage_triggers: { description: "Manage Box Relay triggers", sensitivity: "write" },
    manage_enterprise_properties: { description: "Manage enterprise properties and events", sensitivity: "admin" },
    manage_data_retention: { description: "Manage retention policies", sensitivity: "admin" },
    manage_legal_holds: { description: "Manage legal holds", sensitivity: "admin" },
    "sign_requests.readwrite": { description: "Manage Box Sign requests", sensitivity: "write" },
    "ai.readwrite": { description: "Use Box AI", sensitivity: "write" },
    enterprise_content: { description: "Global content manager access", sensitivity: "admin" },
  },
  quirks: ["expires_in varies between 60 and 75 minutes", "Scopes for downscoping a token are not listed: they cannot be asked for here"],
});
