/**
 * Kick.
 */
import { provider } from "../provider.ts";

export const kick = provider({
  id: "kick",
  name: "Kick",
  docsUrl: "https://docs.kick.com/getting-started/generating-tokens-oauth2-flow",
  scopesDocsUrl: "https://docs.kick.com/getting-started/scopes",
  registration: { url: "https://kick.com/settings/developer", steps: "Settings, Developer, Create new app; redirect URL; scopes" },
  confidence: "high",
  authorizationEndpoint: "https://id.kick.com/oauth/authorize",
  tokenEndpoint: "https://id.kick.com/oauth/token",
  revocation: { endpoint: "https://id.kick.com/oauth/revoke", ends: "grant" },
  account: { endpoint: "https://api.kick.com/public/v1/users", idPath: "data.0.user_id", labelPath: "data.0.name" },
  clientAuthentication: "client_secret_post",
  pkce: "required",
  rotation: { mode: "strict" },
  defaultScopes: ["user:read"],
  scopes: {
    "user:read": { description: "Read user information", sensitivity: "basic" },
    "channel:read": { description: "Read channel information", sensitivity: "read" },
    "channel:write": { description: "Update livestream metadata", sensitivity: "write" },
    "channel:rewards:read": { description: "Read channel point rewards", sensitivity: "read" },
    "channel:rewards:write": { description: "Manage channel point rewards", sensitivity: "write" },
    "chat:write": { description: "Send chat messages", sensitivity: "write" },
    "streamkey:read": { description: "Read the stream URL and key", sensitivity: "admin" },
    "events:subscribe": { description: "Subscribe to channel events", sensitivity: "read" },
    "moderation:ban": { description: "Ban and unban users", sensitivity: "admin" },
    "moderation:chat_message:manage": { description: "Moderate chat messages", sensitivity: "admin" },
    "kicks:read": { description: "Read KICKs leaderboards", sensitivity: "read" },
  },
  quirks: ["expires_in may be a string", "The revocation endpoint is documented with its parameters in the query"],
});
