/**
 * monday.com, by its first OAuth flow, whose tokens do not expire.
 */
import { provider } from "../provider.ts";

export const monday = provider({
  id: "monday",
  name: "monday.com",
  docsUrl: "https://developer.monday.com/apps/docs/oauth",
  scopesDocsUrl: "https://developer.monday.com/apps/docs/oauth#scopes",
  registration: {
    url: "https://monday.com/developers/apps",
    steps: "Developer Center, Create app; OAuth and permissions: scopes, redirect URLs; New OAuth Flow off; promote to live",
  },
  confidence: "high",
  authorizationEndpoint: "https://auth.monday.com/oauth2/authorize",
  tokenEndpoint: "https://auth.monday.com/oauth2/token",
  // There is no other API than GraphQL.
  account: {
    endpoint: "https://api.monday.com/v2",
    method: "POST",
    body: { query: "{ me { id email } }" },
    idPath: "data.me.id",
    labelPath: "data.me.email",
  },
  apiAuthorization: { scheme: "" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: ["me:read"],
  scopes: {
    "account:read": { description: "Read account", sensitivity: "read" },
    "assets:read": { description: "Read assets", sensitivity: "read" },
    "boards:read": { description: "Read boards", sensitivity: "read" },
    "boards:write": { description: "Create and edit boards", sensitivity: "write" },
    "departments:read": { description: "Read departments", sensitivity: "read" },
    "departments:write": { description: "Create and edit departments", sensitivity: "admin" },
    "docs:read": { description: "Read docs", sensitivity: "read" },
    "docs:write": { description: "Create and edit docs", sensitivity: "write" },
    "me:read": { description: "Read me", sensitivity: "basic" },
    "notifications:write": { description: "Create and edit notifications", sensitivity: "write" },
    "tags:read": { description: "Read tags", sensitivity: "read" },
    "teams:read": { description: "Read teams", sensitivity: "read" },
    "teams:write": { description: "Create and edit teams", sensitivity: "admin" },
    "updates:read": { description: "Read updates", sensitivity: "read" },
    "updates:write": { description: "Create and edit updates", sensitivity: "write" },
    "users:read": { description: "Read users", sensitivity: "read" },
    "users:write": { description: "Create and edit users", sensitivity: "admin" },
    "webhooks:read": { description: "Read webhooks", sensitivity: "read" },
    "webhooks:write": { description: "Create and edit webhooks", sensitivity: "write" },
    "workspaces:read": { description: "Read workspaces", sensitivity: "read" },
    "workspaces:write": { description: "Create and edit workspaces", sensitivity: "write" },
  },
  quirks: [
    "An app version with the New OAuth Flow on wants PKCE and https://auth.monday.com/oauth_ms/oauth/token; its tokens expire, its refresh tokens rotate and end six months after consent",
    "An administrator installs the app before others can connect; force_install_if_needed=true asks for it on the way",
  ],
});
