/**
 * Garmin Connect: the user picks permissions, and there is no scope parameter.
 */
import { provider } from "../provider.ts";

export const garmin = provider({
  id: "garmin",
  name: "Garmin Connect",
  docsUrl: "https://developer.garmin.com/gc-developer-program/overview/",
  scopesDocsUrl: null,
  registration: {
    url: "https://developerportal.garmin.com",
    steps: "Apply to the Connect developer program; then Apps, Create; redirect URL",
  },
  confidence: "low",
  authorizationEndpoint: "https://connect.garmin.com/oauth2Confirm",
  tokenEndpoint: "https://diauth.garmin.com/di-oauth2-service/oauth/token",
  account: { endpoint: "https://apis.garmin.com/wellness-api/rest/user/id", idPath: "userId", labelPath: "userId" },
  clientAuthentication: "client_secret_post",
  pkce: "required",
  accessTokenLifetimeSeconds: 86_400,
  refreshTokenLifetimeSeconds: 7_775_998,
  rotation: { mode: "strict" },
  defaultScopes: [],
  scopes: {},
  quirks: [
    "What was granted is listed at https://apis.garmin.com/wellness-api/rest/user/permissions",
    "refresh_token_expires_in stands beside the token",
  ],
});
