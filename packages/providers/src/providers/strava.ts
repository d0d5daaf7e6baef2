/**
 * Strava: users may untick scopes on the consent page.
 */
import { provider } from "../provider.ts";

export const strava = provider({
  id: "strava",
  name: "Strava",
  docsUrl: "https://developers.strava.com/docs/authentication/",
  scopesDocsUrl: "https://developers.strava.com/docs/authentication/#details-about-requesting-access",
  registration: { url: "https://www.strava.com/settings/api", steps: "Settings, My API Application; the callback's domain, no path" },
  confidence: "high",
  authorizationEndpoint: "https://www.strava.com/oauth/authorize",
  tokenEndpoint: "https://www.strava.com/api/v3/oauth/token",
  revocation: { endpoint: "https://www.strava.com/oauth/deauthorize", method: "bearer", ends: "account" },
  account: { endpoint: "https://www.strava.com/api/v3/athlete", idPath: "id", labelPath: "firstname" },
  tokenRefusals: [{ status: 401, member: "errors.0.field", codes: ["access_token"] }],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  captures: { callback: ["scope"] },
  errorMap: [
    { member: "errors.0.resource", codes: ["RefreshToken"], means: "invalid_grant" },
    { member: "errors.0.resource", codes: ["Application"], means: "invalid_client" },
  ],
  accessTokenLifetimeSeconds: 21_600,
  rotation: { mode: "strict" },
  defaultScopes: ["read"],
  scopes: {
    read: { description: "Read public segments, routes, profile and feeds", sensitivity: "basic" },
    read_all: { description: "Read private routes, segments and events", sensitivity: "read" },
    "profile:read_all": { description: "Read the whole profile regardless of visibility", sensitivity: "read" },
    "profile:write": { description: "Update weight and starred segments", sensitivity: "write" },
    "activity:read": { description: "Read activities visible to followers", sensitivity: "read" },
    "activity:read_all": { description: "Read all activities including privacy zones", sensitivity: "read", implies: ["activity:read"] },
    "activity:write": { description: "Create and edit activities", sensitivity: "write" },
  },
  quirks: ["What was granted is named in the callback only", "An athlete object stands beside the first token"],
});
