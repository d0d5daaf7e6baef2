/**
 * Withings: everything is a POST with an action, and every answer an envelope with 200.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const scopes = ["user.info", "user.metrics"];
const refused = (status: number, error: string) => json(200, { status, body: {}, error });

export const withings: Behaviour = {
  provider: "withings",
  sources: [
    "https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/access-and-refresh-tokens",
    "https://developer.withings.com/api-reference#section/Response-status",
    // The words of a dead refresh token are in no page, but in the issues and tests of several clients.
    "https://github.com/home-assistant/core/issues/47838",
  ],
  account: { id: "363", label: "363" },
  parameters: {},
  scopes,
  apiUrl: "https://wbsapi.withings.net/v2/user",
  endpoints: {
    "GET https://account.withings.com/oauth2_user/authorize2": authorizationEndpoint({ scopes, scopeSeparator: "," }),
    "POST https://wbsapi.withings.net/v2/oauth2": tokenEndpoint({
      clientIn: "body",
      required: { action: "requesttoken" },
      lifetimeSeconds: 10_800,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }, { account }) =>
        json(200, {
          status: 0,
          body: {
            userid: account.id,
            access_token: accessToken,
            refresh_token: refreshToken,
            scope: grant.scopes.join(","),
            expires_in: expiresInSeconds,
            token_type: "Bearer",
          },
        }),
      refuse: refusals({
        client: refused(401, "Unauthorized: invalid client"),
        code: refused(503, "Invalid Params: invalid code"),
        refresh_token: refused(503, "Invalid Params: invalid refresh_token"),
        request: refused(2554, "Unknown action"),
        grant_type: refused(503, "Invalid Params: invalid grant_type"),
        transient: refused(522, "Timeout"),
        rate: refused(601, "Too Many Requests"),
      }),
    }),
    "GET https://wbsapi.withings.net/v2/user": resource({
      answer: () => ({ status: 0, body: {} }),
      refuse: refused(401, "XRequestID: Not provided invalid_token: The access token provided is invalid"),
    }),
  },
};
