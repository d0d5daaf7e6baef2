/**
 * Withings: its token endpoint takes an action, and answers in an envelope.
 */
import { provider } from "../provider.ts";

export const withings = provider({
  id: "withings",
  name: "Withings",
  docsUrl: "https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/oauth-web-flow/",
  scopesDocsUrl: "https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/oauth-web-flow/",
  registration: {
    url: "https://developer.withings.com/dashboard/",
    steps: "Partner hub, Create an application: public API integration; registered URLs",
  },
  confidence: "medium",
  authorizationEndpoint: "https://account.withings.com/oauth2_user/authorize2",
  tokenEndpoint: "https://wbsapi.withings.net/v2/oauth2",
  accountIn: { source: "token_response", idPath: "userid", labelPath: "userid" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  tokenParameters: { action: "requesttoken" },
  refreshParameters: { action: "requesttoken" },
  captures: { token: ["userid"] },
  responseAdapter: "status_body",
  errorMap: [
    { member: "status", codes: ["503"], containing: "refresh_token", means: "invalid_grant" },
    { member: "status", codes: ["401"], means: "invalid_client" },
    { member: "status", codes: ["601"], means: "slow_down" },
    { member: "status", codes: ["522", "524"], means: "temporarily_unavailable" },
  ],
  accessTokenLifetimeSeconds: 10_800,
  refreshTokenLifetimeSeconds: 31_536_000,
  rotation: { mode: "strict" },
  defaultScopes: ["user.info"],
  scopes: {
    "user.info": { description: "Read user information", sensitivity: "basic" },
    "user.metrics": { description: "Read measures such as weight and blood pressure", sensitivity: "read" },
    "user.activity": { description: "Read activity and workouts", sensitivity: "read" },
    "user.sleepevents": { description: "Receive bed-in and bed-out events", sensitivity: "read" },
  },
});
