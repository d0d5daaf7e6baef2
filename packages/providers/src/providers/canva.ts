/**
 * Canva Connect.
 */
import { provider } from "../provider.ts";

export const canva = provider({
  id: "canva",
  name: "Canva",
  docsUrl: "https://www.canva.dev/docs/connect/authentication/",
  scopesDocsUrl: "https://www.canva.dev/docs/connect/appendix/scopes/",
  registration: {
    url: "https://www.canva.com/developers/integrations",
    steps: "Your integrations, Create; scopes; authentication: redirect URLs; generate a secret",
  },
  confidence: "medium",
  authorizationEndpoint: "https://www.canva.com/api/oauth/authorize",
  tokenEndpoint: "https://api.canva.com/rest/v1/oauth/token",
  // Revoking a refresh token also takes back the user's consent.
  revocation: { endpoint: "https://api.canva.com/rest/v1/oauth/revoke", ends: "account" },
  account: { endpoint: "https://api.canva.com/rest/v1/users/me", idPath: "team_user.user_id", labelPath: "team_user.user_id" },
  clientAuthentication: "client_secret_basic",
  pkce: "required",
  // In small letters, or the request is refused.
  authorizationParameters: { code_challenge_method: "s256" },
  accessTokenLifetimeSeconds: 14_400,
  rotation: { mode: "strict" },
  defaultScopes: ["profile:read"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    "asset:read": { description: "Read asset", sensitivity: "read" },
    "asset:write": { description: "Create and edit asset", sensitivity: "write" },
    "brandtemplate:content:read": { description: "Read brand template content", sensitivity: "read" },
    "brandtemplate:meta:read": { description: "Read brand template meta", sensitivity: "read" },
    "collaboration:event": { description: "Receive collaboration webhooks", sensitivity: "read" },
    "comment:read": { description: "Read comment", sensitivity: "read" },
    "comment:write": { description: "Create and edit comment", sensitivity: "write" },
    "design:content:read": { description: "Read design content", sensitivity: "read" },
    "design:content:write": { description: "Create and edit design content", sensitivity: "write" },
    "design:meta:read": { description: "Read design meta", sensitivity: "read" },
    "folder:permission:write": { description: "Manage folder permissions", sensitivity: "admin" },
    "folder:read": { description: "Read folder", sensitivity: "read" },
    "folder:write": { description: "Create and edit folder", sensitivity: "write" },
    "profile:read": { description: "Read the user profile", sensitivity: "basic" },
  },
  quirks: ["A write scope does not give the read scope beside it"],
});
