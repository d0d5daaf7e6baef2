/**
 * Spotify.
 */
import { provider } from "../provider.ts";

export const spotify = provider({
  id: "spotify",
  name: "Spotify",
  docsUrl: "https://developer.spotify.com/documentation/web-api/tutorials/code-flow",
  scopesDocsUrl: "https://developer.spotify.com/documentation/web-api/concepts/scopes",
  registration: {
    url: "https://developer.spotify.com/dashboard",
    steps: "Dashboard, Create app; redirect URIs; Web API; quota extension for more than a few users",
  },
  confidence: "high",
  authorizationEndpoint: "https://accounts.spotify.com/authorize",
  tokenEndpoint: "https://accounts.spotify.com/api/token",
  account: { endpoint: "https://api.spotify.com/v1/me", idPath: "id", labelPath: "display_name" },
  tokenRefusals: [{ status: 401, member: "error.message", codes: ["The access token expired", "Invalid access token"] }],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  accessTokenLifetimeSeconds: 3600,
  // Six months from consent, since June 2026.
  grantLifetimeSeconds: 15_552_000,
  // So for clients with a secret: a client with a code verifier alone gets another token each time.
  rotation: { mode: "none" },
  defaultScopes: ["user-read-private"],
  scopes: {
    "user-read-private": { description: "Read subscription details and country", sensitivity: "basic" },
    "user-read-email": { description: "Read the email address", sensitivity: "basic" },
    "playlist-read-private": { description: "Read private playlists", sensitivity: "read" },
    "playlist-read-collaborative": { description: "Read collaborative playlists", sensitivity: "read" },
    "playlist-modify-private": { description: "Edit private playlists", sensitivity: "write" },
    "playlist-modify-public": { description: "Edit public playlists", sensitivity: "write" },
    "ugc-image-upload": { description: "Upload images such as playlist covers", sensitivity: "write" },
    "user-library-read": { description: "Read the saved library", sensitivity: "read" },
    "user-library-modify": { description: "Edit the saved library", sensitivity: "write" },
    "user-follow-read": { description: "Read followed artists and users", sensitivity: "read" },
    "user-follow-modify": { description: "Follow and unfollow artists and users", sensitivity: "write" },
    "user-top-read": { description: "Read top artists and tracks", sensitivity: "read" },
    "user-read-recently-played": { description: "Read recently played items", sensitivity: "read" },
    "user-read-playback-state": { description: "Read the player state", sensitivity: "read" },
    "user-read-currently-playing": { description: "Read the currently playing item", sensitivity: "read" },
    "user-read-playback-position": { description: "Read playback positions in episodes", sensitivity: "read" },
    "user-modify-playback-state": { description: "Control playback", sensitivity: "write" },
    "app-remote-control": { description: "Control playback from iOS and Android apps", sensitivity: "write" },
    streaming: { description: "Play in the Web Playback SDK", sensitivity: "write" },
    "user-personalized": { description: "Read personalized content", sensitivity: "read" },
    "user-soa-link": { description: "Open Access: link a partner account", sensitivity: "write" },
    "user-soa-unlink": { description: "Open Access: unlink a partner account", sensitivity: "write" },
    "soa-manage-entitlements": { description: "Open Access: manage entitlements", sensitivity: "admin" },
    "soa-manage-partner": { description: "Open Access: manage partner information", sensitivity: "admin" },
    "soa-create-partner": { description: "Open Access: create partners", sensitivity: "admin" },
  },
});
