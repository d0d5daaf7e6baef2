/**
 * osu!.
 */
import { provider } from "../provider.ts";

export const osu = provider({
  id: "osu",
  name: "osu!",
  docsUrl: "https://osu.ppy.sh/docs/index.html#authentication",
  scopesDocsUrl: "https://osu.ppy.sh/docs/index.html#scopes",
  registration: { url: "https://osu.ppy.sh/home/account/edit#oauth", steps: "Settings, OAuth, New OAuth Application; callback URLs" },
  confidence: "high",
  authorizationEndpoint: "https://osu.ppy.sh/oauth/authorize",
  tokenEndpoint: "https://osu.ppy.sh/oauth/token",
  account: { endpoint: "https://osu.ppy.sh/api/v2/me", idPath: "id", labelPath: "username" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  // So its OAuth server had it before it kept to RFC 6749.
  errorMap: [{ codes: ["invalid_request"], containing: "refresh token is invalid", means: "invalid_grant" }],
  accessTokenLifetimeSeconds: 86_400,
  rotation: { mode: "strict" },
  defaultScopes: ["identify"],
  scopes: {
    identify: { description: "Read the user's public profile", sensitivity: "basic" },
    public: { description: "Read public data", sensitivity: "read" },
    "friends.read": { description: "Read the friends list", sensitivity: "read" },
    "chat.read": { description: "Read chat messages", sensitivity: "read" },
    "chat.write": { description: "Send chat messages", sensitivity: "write" },
    "chat.write_manage": { description: "Join and leave chat channels", sensitivity: "write" },
    "forum.write": { description: "Post in forums", sensitivity: "write" },
    "forum.write_manage": { description: "Manage forum topics", sensitivity: "admin" },
    "multiplayer.write_manage": { description: "Manage multiplayer rooms", sensitivity: "write" },
    group_permissions: { description: "Act with the owner's group permissions", sensitivity: "admin" },
    delegate: { description: "Act as the client owner (chat bots)", sensitivity: "admin" },
  },
  quirks: ["The token response has no scope"],
});
