/**
 * Oura: users may untick scopes on the consent page.
 */
import { provider } from "../provider.ts";

export const oura = provider({
  id: "oura",
  name: "Oura",
  docsUrl: "https://cloud.ouraring.com/docs/authentication",
  scopesDocsUrl: "https://cloud.ouraring.com/docs/authentication",
  registration: { url: "https://cloud.ouraring.com/oauth/applications", steps: "OAuth applications, Create; redirect URIs; scopes" },
  confidence: "medium",
  authorizationEndpoint: "https://cloud.ouraring.com/oauth/authorize",
  tokenEndpoint: "https://api.ouraring.com/oauth/token",
  account: { endpoint: "https://api.ouraring.com/v2/usercollection/personal_info", idPath: "id", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  captures: { callback: ["scope"] },
  accessTokenLifetimeSeconds: 86_400,
  rotation: { mode: "strict" },
  defaultScopes: ["personal"],
  scopes: {
    personal: { description: "Read gender, age, height and weight", sensitivity: "basic" },
    email: { description: "Read the email", sensitivity: "basic" },
    daily: { description: "Read daily sleep, activity and readiness", sensitivity: "read" },
    heartrate: { description: "Read heart rate", sensitivity: "read" },
    workout: { description: "Read workouts", sensitivity: "read" },
    tag: { description: "Read tags", sensitivity: "read" },
    session: { description: "Read guided sessions", sensitivity: "read" },
    spo2Daily: { description: "Read daily SpO2", sensitivity: "read" },
    spo2: { description: "Read SpO2", sensitivity: "read" },
    ring_configuration: { description: "Read ring configuration", sensitivity: "read" },
    stress: { description: "Read daytime stress", sensitivity: "read" },
    heart_health: { description: "Read heart health", sensitivity: "read" },
  },
  quirks: ["What was granted is named in the callback"],
});
