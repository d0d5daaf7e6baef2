/**
 * Salesforce: no `expires_in`, and an API whose host the token response names.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const login = "https://login.salesforce.com";
const instance = "https://acme.my.salesforce.com";
const scopes = ["id", "api"];
const error = (code: string, description: string) => json(400, { error: code, error_description: description });

export const salesforce: Behaviour = {
  provider: "salesforce",
  sources: [
    "https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm&type=5",
    "https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_refresh_token_flow.htm&type=5",
    "https://help.salesforce.com/s/articleView?id=sf.remoteaccess_revoke_token.htm&type=5",
    "https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm&type=5",
  ],
  account: { id: "005x00000012345", label: "ada@acme.example" },
  parameters: { domain: "login.salesforce.com" },
  scopes,
  apiUrl: `${instance}/services/data/v65.0/limits`,
  endpoints: {
    [`GET ${login}/services/oauth2/authorize`]: authorizationEndpoint({
      scopes: [...scopes, "refresh_token"],
      pkce: true,
      offline: (_query, asked) => asked.includes("refresh_token"),
    }),
    [`POST ${login}/services/oauth2/token`]: tokenEndpoint({
      clientIn: "either",
      lifetimeSeconds: null,
      rotation: "none",
      answer: ({ accessToken, refreshToken, grant }, { account, local, now }) => ({
        access_token: accessToken,
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
        scope: grant.scopes.join(" "),
        instance_url: local(instance),
        id: `${login}/id/00Dx0000000BV7z/${account.id}`,
        token_type: "Bearer",
        issued_at: String(now().getTime()),
      }),
      refuse: refusals({
        client: error("invalid_client", "invalid client credentials"),
        code: error("invalid_grant", "expired authorization code"),
        refresh_token: error("invalid_grant", "expired access/refresh token"),
        transient: json(503, [{ errorCode: "SERVER_UNAVAILABLE", message: "The server is temporarily unavailable" }]),
        rate: error("rate_limit_exceeded", "number of logins exceeded"),
      }),
    }),
    [`POST ${login}/services/oauth2/revoke`]: revocationEndpoint({
      token: ({ format, body }) => (format === "form" ? body["token"] : undefined),
      takes: "either",
      clientIn: "none",
      ends: "grant",
      done: { status: 200 },
      unknown: error("invalid_token", "the token provided was invalid"),
    }),
    [`GET ${login}/services/oauth2/userinfo`]: resource({
      answer: (_grant, { account }) => ({ user_id: account.id, preferred_username: account.label }),
      refuse: { status: 403, body: "Bad_OAuth_Token" },
    }),
    [`GET ${instance}/services/data/v65.0/limits`]: resource({
      answer: () => ({ DailyApiRequests: { Max: 15_000, Remaining: 14_998 } }),
      refuse: json(401, [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]),
    }),
  },
};
