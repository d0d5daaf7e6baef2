/**
 * Wrike: API calls go to the host that stands beside the token.
 */
import { provider } from "../provider.ts";

export const wrike = provider({
  id: "wrike",
  name: "Wrike",
  docsUrl: "https://developers.wrike.com/oauth-20-authorization/",
  scopesDocsUrl: "https://developers.wrike.com/oauth-20-authorization/",
  registration: {
    url: "https://www.wrike.com/frontend/apps/index.html#/api",
    steps: "Apps and integrations, API, Create new; redirect URI",
  },
  confidence: "medium",
  authorizationEndpoint: "https://login.wrike.com/oauth2/authorize/v4",
  tokenEndpoint: "https://login.wrike.com/oauth2/token",
  account: { endpoint: "https://www.wrike.com/api/v4/contacts?me=true", idPath: "data.0.id", labelPath: "data.0.profiles.0.email" },
  resourceHosts: ["*.wrike.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  captures: { token: ["host"] },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "strict" },
  defaultScopes: ["wsReadOnly"],
  scopes: {
    Default: { description: "Read and write workspace data (default)", sensitivity: "write" },
    wsReadOnly: { description: "Read workspace data", sensitivity: "read" },
    wsReadWrite: { description: "Read and write workspace data", sensitivity: "write", implies: ["wsReadOnly"] },
    amReadOnlyWorkflow: { description: "Read workflows", sensitivity: "read" },
    amReadWriteWorkflow: { description: "Manage workflows", sensitivity: "admin", implies: ["amReadOnlyWorkflow"] },
    amReadOnlyInvitation: { description: "Read invitations", sensitivity: "read" },
    amReadWriteInvitation: { description: "Manage invitations", sensitivity: "admin", implies: ["amReadOnlyInvitation"] },
    amReadOnlyGroup: { description: "Read user groups", sensitivity: "read" },
    amReadWriteGroup: { description: "Manage user groups", sensitivity: "admin", implies: ["amReadOnlyGroup"] },
    amReadOnlyUser: { description: "Read users", sensitivity: "read" },
    amReadWriteUser: { description: "Manage users", sensitivity: "admin", implies: ["amReadOnlyUser"] },
    amReadOnlyAccessRole: { description: "Read access roles", sensitivity: "read" },
    amReadOnlyAuditLog: { description: "Read the audit log", sensitivity: "read" },
    dataExportFull: { description: "Use the data export", sensitivity: "read" },
  },
  quirks: ["API calls go to host"],
});
