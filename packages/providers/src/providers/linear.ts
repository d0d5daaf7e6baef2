/**
 * Linear.
 */
import { provider } from "../provider.ts";

export const linear = provider({
  id: "linear",
  name: "Linear",
  docsUrl: "https://linear.app/developers/oauth-2-0-authentication",
  scopesDocsUrl: "https://linear.app/developers/oauth-2-0-authentication",
  registration: {
    url: "https://linear.app/settings/api/applications/new",
    steps: "Settings, API, OAuth applications, New; callback URLs; client credentials",
  },
  confidence: "high",
  authorizationEndpoint: "https://linear.app/oauth/authorize",
  tokenEndpoint: "https://api.linear.app/oauth/token",
  revocation: { endpoint: "https://api.linear.app/oauth/revoke", ends: "grant" },
  // There is no other API than GraphQL.
  account: {
    endpoint: "https://api.linear.app/graphql",
    method: "POST",
    body: { query: "{ viewer { id email } }" },
    idPath: "data.viewer.id",
    labelPath: "data.viewer.email",
  },
  resourceHosts: ["uploads.linear.app"],
  tokenRefusals: [
    { status: 400, member: "errors.0.extensions.code", codes: ["AUTHENTICATION_ERROR"] },
    { status: 401, member: "errors.0.extensions.code", codes: ["AUTHENTICATION_ERROR"] },
  ],
  clientAuthentication: "client_secret_post",
  pkce: "supported",
  scopeSeparator: ",",
  accessTokenLifetimeSeconds: 86_400,
  rotation: { mode: "strict" },
  defaultScopes: ["read"],
  scopes: {
    read: { description: "Read access to the user's account (always granted)", sensitivity: "read" },
    write: { description: "Write access to the user's account", sensitivity: "write", implies: ["issues:create", "comments:create"] },
    "issues:create": { description: "Create issues and attachments", sensitivity: "write" },
    "comments:create": { description: "Create issue comments", sensitivity: "write" },
    "timeSchedule:write": { description: "Create and edit time schedules", sensitivity: "write" },
    admin: { description: "Administrative access", sensitivity: "admin" },
    "initiative:read": { description: "Read initiatives", sensitivity: "read" },
    "initiative:write": { description: "Create and edit initiatives", sensitivity: "write" },
    "customer:read": { description: "Read customers and customer requests", sensitivity: "read" },
    "customer:write": { description: "Create and edit customers and customer requests", sensitivity: "write" },
    "app:assignable": { description: "Let the app be assigned issues (actor=app)", sensitivity: "write" },
    "app:mentionable": { description: "Let the app be mentioned (actor=app)", sensitivity: "write" },
  },
  quirks: [
    "read is always granted, whether asked for or not",
    "Apps made before October 2025 may hold tokens that never expire and have no refresh token",
    "actor=app in the authorization request makes the app itself the author",
  ],
});
