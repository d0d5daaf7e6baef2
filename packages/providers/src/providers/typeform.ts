/**
 * Typeform.
 */
import { provider } from "../provider.ts";

export const typeform = provider({
  id: "typeform",
  name: "Typeform",
  docsUrl: "https://www.typeform.com/developers/get-started/applications/",
  scopesDocsUrl: "https://www.typeform.com/developers/get-started/scopes/",
  registration: {
    url: "https://admin.typeform.com/user/apps",
    steps: "Organization settings, Developer apps, Register a new app; redirect URIs",
  },
  confidence: "medium",
  authorizationEndpoint: "https://api.typeform.com/oauth/authorize",
  tokenEndpoint: "https://api.typeform.com/oauth/token",
  account: { endpoint: "https://api.typeform.com/me", idPath: "email", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: { scopes: ["offline"] },
  accessTokenLifetimeSeconds: 604_800,
  rotation: { mode: "strict" },
  defaultScopes: ["accounts:read"],
  scopes: {
    "accounts:read": { description: "Read the account", sensitivity: "basic" },
    "forms:read": { description: "Read forms", sensitivity: "read" },
    "forms:write": { description: "Create and edit forms", sensitivity: "write" },
    "images:read": { description: "Read images", sensitivity: "read" },
    "images:write": { description: "Create and edit images", sensitivity: "write" },
    "responses:read": { description: "Read responses", sensitivity: "read" },
    "responses:write": { description: "Create and edit responses", sensitivity: "write" },
    "themes:read": { description: "Read themes", sensitivity: "read" },
    "themes:write": { description: "Create and edit themes", sensitivity: "write" },
    "webhooks:read": { description: "Read webhooks", sensitivity: "read" },
    "webhooks:write": { description: "Create and edit webhooks", sensitivity: "write" },
    "workspaces:read": { description: "Read workspaces", sensitivity: "read" },
    "workspaces:write": { description: "Create and edit workspaces", sensitivity: "write" },
    offline: { description: "Issue a refresh token", sensitivity: "basic" },
  },
  quirks: ["The European data centre has a host of its own: api.eu.typeform.com"],
});
