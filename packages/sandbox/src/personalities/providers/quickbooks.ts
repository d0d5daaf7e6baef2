/**
 * QuickBooks: the callback names the company, and the refresh token's life has a name of its own.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const company = "1231434565226279";
const scopes = ["com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment"];

export const quickbooks: Behaviour = {
  provider: "quickbooks",
  sources: ["https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0"],
  account: { id: company, label: company },
  parameters: {},
  scopes,
  apiUrl: `https://quickbooks.api.intuit.com/v3/company/${company}/companyinfo/${company}`,
  endpoints: {
    "GET https://appcenter.intuit.com/connect/oauth2": authorizationEndpoint({ scopes, callback: () => ({ realmId: company }) }),
    "POST https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer": tokenEndpoint({
      clientIn: "basic",
      lifetimeSeconds: 3600,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds }) => ({
        token_type: "bearer",
        access_token: accessToken,
        refresh_token: refreshToken,
        expires_in: expiresInSeconds,
        x_refresh_token_expires_in: 8_726_400,
      }),
      refuse: refusals({
        client: json(401, { error: "invalid_client" }),
        code: json(400, { error: "invalid_grant", error_description: "Invalid authorization code" }),
        refresh_token: json(400, { error: "invalid_grant", error_description: "Incorrect or invalid refresh token" }),
        rate: json(429, { fault: { type: "Throttled" } }, { "retry-after": "60" }),
      }),
    }),
    "POST https://developer.api.intuit.com/v2/oauth2/tokens/revoke": revocationEndpoint({
      token: ({ body }) => body["token"],
      takes: "either",
      clientIn: "basic",
      ends: "grant",
      done: { status: 200 },
      unknown: { status: 200 },
    }),
    [`GET https://quickbooks.api.intuit.com/v3/company/${company}/companyinfo/${company}`]: resource({
      answer: () => ({ CompanyInfo: { CompanyName: "Acme" } }),
    }),
  },
};
