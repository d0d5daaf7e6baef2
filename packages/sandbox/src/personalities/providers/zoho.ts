/**
 * Zoho: whoever consents may live in another data centre, and then everything of that grant is there. Refusals come with 200.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const american = "https://accounts.zoho.com";
const european = "https://accounts.zoho.eu";
const api = "https://www.zohoapis.eu";
const scopes = ["AaaServer.profile.READ", "ZohoCRM.modules.ALL"];
const error = (code: string) => json(200, { error: code });

/** Zoho's own scheme, not Bearer. */
const scheme = "Zoho-oauthtoken";

function accountsServer(origin: string): Behaviour["endpoints"] {
  return {
    [`POST ${origin}/oauth/v2/token`]: tokenEndpoint({
      clientIn: "body",
      home: origin,
      lifetimeSeconds: 3600,
      rotation: "none",
      answer: ({ accessToken, refreshToken, expiresInSeconds }, { local }) => ({
        access_token: accessToken,
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
        api_domain: local(api),
        token_type: "Bearer",
        expires_in: expiresInSeconds,
      }),
      refuse: refusals({
        client: error("invalid_client"),
        code: error("invalid_code"),
        refresh_token: error("invalid_code"),
        request: error("general_error"),
        grant_type: error("unsupported_grant_type"),
        transient: { status: 500, body: "<html><body>Internal Server Error</body></html>", headers: { "content-type": "text/html" } },
        rate: json(400, {
          error_description: "You have made too many requests continuously. Please try again after some time.",
          error: "Access Denied",
          status: "failure",
        }),
      }),
    }),
    [`POST ${origin}/oauth/v2/token/revoke`]: revocationEndpoint({
      token: ({ query, body }) => query.get("token") ?? body["token"],
      takes: "either",
      clientIn: "none",
      demand: () => (origin === european ? null : json(400, { error: "invalid_token" })),
      ends: "grant",
      done: json(200, { status: "success" }),
      unknown: json(400, { error: "invalid_token" }),
    }),
    [`GET ${origin}/oauth/user/info`]: resource({
      scheme,
      answer: (_grant, { account }) => ({ ZUID: account.id, Email: account.label, Display_Name: "Ada" }),
      refuse: json(401, { error: "INVALID_OAUTHTOKEN" }),
      demand: () => (origin === european ? null : json(401, { error: "INVALID_OAUTHTOKEN" })),
    }),
  };
}

export const zoho: Behaviour = {
  provider: "zoho",
  sources: [
    "https://www.zoho.com/accounts/protocol/oauth/multi-dc.html",
    "https://www.zoho.com/accounts/protocol/oauth/revoke-refresh-token.html",
    "https://www.zoho.com/crm/developer/docs/api/v8/token-validity.html",
  ],
  account: { id: "20061234567", label: "ada@acme.example" },
  parameters: { accountsHost: "accounts.zoho.com" },
  scopes,
  apiUrl: `${api}/crm/v8/users`,
  endpoints: {
    [`GET ${american}/oauth/v2/auth`]: authorizationEndpoint({
      scopes,
      scopeSeparator: ",",
      pkce: true,
      offline: (query, _asked, { ledger }) =>
        query.get("access_type") === "offline" && (query.get("prompt") === "consent" || !ledger.hasConsented()),
      home: european,
      callback: ({ local }) => ({ location: "eu", "accounts-server": local(european) }),
    }),
    ...accountsServer(american),
    ...accountsServer(european),
    [`GET ${api}/crm/v8/users`]: resource({
      scheme,
      answer: () => ({ users: [] }),
      refuse: json(401, { code: "INVALID_TOKEN", message: "invalid oauth token", status: "error" }),
    }),
  },
};
