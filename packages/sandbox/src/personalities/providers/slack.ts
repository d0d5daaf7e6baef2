/**
 * Slack with token rotation switched on: always 200, with `ok`. `slackUser` is an installation that asks for the person's token only.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import type { Issued } from "../ledger.ts";
import { carriedToken, resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const refused = (error: string) => json(200, { ok: false, error });
const rate = json(429, { ok: false, error: "ratelimited" }, { "retry-after": "30" });
const team = { team: { id: "T9TK3CUKW", name: "Slack Softball Team" }, enterprise: null, app_id: "A0KRD7HC3" };

function slackOf(own: {
  label: string;
  scopeParameter: string;
  answer: (issued: Issued, isRefresh: boolean) => Record<string, unknown>;
}): Behaviour {
  const scopes = ["users:read", "channels:read"];
  return {
    provider: own.scopeParameter === "scope" ? "slack" : "slack-user",
    sources: [
      "https://docs.slack.dev/authentication/installing-with-oauth",
      "https://docs.slack.dev/authentication/using-token-rotation",
      "https://docs.slack.dev/reference/methods/auth.revoke",
    ],
    account: { id: "U0KRQLJ9H", label: own.label },
    parameters: {},
    scopes,
    apiUrl: "https://slack.com/api/users.list",
    endpoints: {
      "GET https://slack.com/oauth/v2/authorize": authorizationEndpoint({
        scopes,
        scopeSeparator: ",",
        scopeParameter: own.scopeParameter,
        pkce: true,
      }),
      "POST https://slack.com/api/oauth.v2.access": tokenEndpoint({
        clientIn: "either",
        grantTypeOptional: true,
        lifetimeSeconds: 43_200,
        rotation: "strict",
        answer: (issued, _surroundings, { body }) => ({ ok: true, ...team, ...own.answer(issued, body["grant_type"] === "refresh_token") }),
        refuse: refusals({
          client: refused("bad_client_secret"),
          code: refused("invalid_code"),
          refresh_token: refused("invalid_refresh_token"),
          request: refused("invalid_arguments"),
          grant_type: refused("invalid_grant_type"),
          transient: refused("internal_error"),
          rate,
        }),
      }),
      ...twice("https://slack.com/api/auth.test", () =>
        resource({
          answer: (_grant, { account }) => ({
            ok: true,
            team: team.team.name,
            user: "softball",
            team_id: team.team.id,
            user_id: account.id,
          }),
          refuse: refused("invalid_auth"),
        }),
      ),
      "GET https://slack.com/api/users.list": resource({ answer: () => ({ ok: true, members: [] }), refuse: refused("invalid_auth") }),
      ...twice("https://slack.com/api/auth.revoke", () =>
        revocationEndpoint({
          token: (request) => carriedToken(request),
          takes: "access",
          clientIn: "none",
          ends: "token",
          done: json(200, { ok: true, revoked: true }),
          unknown: refused("token_revoked"),
          failing: refused("internal_error"),
        }),
      ),
    },
  };
}

/** Slack's methods take GET and POST alike. */
function twice(url: string, make: () => Behaviour["endpoints"][string]): Behaviour["endpoints"] {
  return { [`GET ${url}`]: make(), [`POST ${url}`]: make() };
}

const tokensOf = ({ accessToken, refreshToken, expiresInSeconds, grant }: Issued, type: string) => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  expires_in: expiresInSeconds,
  token_type: type,
  scope: grant.scopes.join(","),
});

export const slack = slackOf({
  label: "Slack Softball Team",
  scopeParameter: "scope",
  answer: (issued) => ({ ...tokensOf(issued, "bot"), bot_user_id: "U0KRQLJ9H", authed_user: { id: "U1234" } }),
});

export const slackUser = slackOf({
  label: "softball",
  scopeParameter: "user_scope",
  answer: (issued, isRefresh) => (isRefresh ? tokensOf(issued, "user") : { authed_user: { id: "U0KRQLJ9H", ...tokensOf(issued, "user") } }),
});
