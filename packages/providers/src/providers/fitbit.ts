/**
 * Fitbit's Web API, which Google is replacing by the Google Health API.
 */
import { provider } from "../provider.ts";

export const fitbit = provider({
  id: "fitbit",
  name: "Fitbit",
  docsUrl: "https://dev.fitbit.com/build/reference/web-api/authorization/",
  scopesDocsUrl: "https://dev.fitbit.com/build/reference/web-api/developer-guide/application-design/#Scopes",
  registration: { url: "https://dev.fitbit.com/apps/new", steps: "Register an app; OAuth 2.0 application type Server; redirect URL" },
  confidence: "high",
  authorizationEndpoint: "https://www.fitbit.com/oauth2/authorize",
  tokenEndpoint: "https://api.fitbit.com/oauth2/token",
  revocation: { endpoint: "https://api.fitbit.com/oauth2/revoke", ends: "grant" },
  account: { endpoint: "https://api.fitbit.com/1/user/-/profile.json", idPath: "user.encodedId", labelPath: "user.displayName" },
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  captures: { token: ["user_id"] },
  errorMap: [
    { member: "errors.0.errorType", codes: ["invalid_grant"], means: "invalid_grant" },
    { member: "errors.0.errorType", codes: ["invalid_client"], means: "invalid_client" },
  ],
  accessTokenLifetimeSeconds: 28_800,
  rotation: { mode: "strict" },
  defaultScopes: ["profile"],
  scopes: {
    profile: { description: "Read and edit profile data", sensitivity: "basic" },
    activity: { description: "Read and log activity data", sensitivity: "write" },
    heartrate: { description: "Read heart rate data", sensitivity: "read" },
    location: { description: "Read GPS data of activities", sensitivity: "read" },
    nutrition: { description: "Read and log food and water", sensitivity: "write" },
    oxygen_saturation: { description: "Read SpO2 data", sensitivity: "read" },
    respiratory_rate: { description: "Read breathing rate", sensitivity: "read" },
    settings: { description: "Read and edit device and alarm settings", sensitivity: "write" },
    sleep: { description: "Read and log sleep", sensitivity: "write" },
    social: { description: "Read friends and leaderboards", sensitivity: "read" },
    temperature: { description: "Read temperature data", sensitivity: "read" },
    weight: { description: "Read and log weight and body fat", sensitivity: "write" },
    cardio_fitness: { description: "Read cardio fitness score", sensitivity: "read" },
    electrocardiogram: { description: "Read ECG readings", sensitivity: "read" },
    irregular_rhythm_notifications: { description: "Read irregular rhythm notifications", sensitivity: "read" },
  },
  quirks: ["The Google Health API has scopes at Google: googlehealth.*"],
});
