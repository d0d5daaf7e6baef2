/**
 * GitHub: refusals with 200, answers in a form unless JSON is asked for, granted scopes with commas. `githubApp` has expiring user tokens.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Answer, type Behaviour, type Refusals, json, refusals } from "../behaviour.ts";
import type { ProviderRequest } from "../provider-request.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { type TokenOptions, tokenEndpoint } from "../token-endpoint.ts";

const error = (code: string, description: string) => json(200, { error: code, error_description: description });

const refuse: Refusals = refusals({
  client: error("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
  code: error("bad_verification_code", "The code passed is incorrect or expired."),
  refresh_token: error("bad_refresh_token", "The refresh token passed is incorrect or expired."),
  transient: { status: 502, body: "<html><body>Unicorn!</body></html>", headers: { "content-type": "text/html" } },
  rate: json(429, { message: "You have exceeded a secondary rate limit." }, { "retry-after": "60" }),
});

/** Requests without a user agent are turned away before anybody looks at them. */
const demand = (request: ProviderRequest) =>
  request.header("user-agent") === null ? { status: 403, body: "Request forbidden by administrative rules." } : null;

/** A form, unless the request's `Accept` says otherwise. */
function written(request: ProviderRequest, body: Readonly<Record<string, string>>): Answer {
  if (request.header("accept")?.includes("application/json") === true) return json(200, body);
  return {
    status: 200,
    body: new URLSearchParams(body).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
  };
}

function gitHub(own: Pick<Behaviour, "sources" | "scopes"> & { tokens: Omit<TokenOptions, "clientIn" | "refuse"> }): Behaviour {
  return {
    provider: "github",
    sources: own.sources,
    account: { id: "583231", label: "octocat" },
    parameters: {},
    scopes: own.scopes,
    apiUrl: "https://api.github.com/user",
    endpoints: {
      "GET https://github.com/login/oauth/authorize": authorizationEndpoint({
        scopes: own.scopes.length === 0 ? null : own.scopes,
        pkce: true,
      }),
      "POST https://github.com/login/oauth/access_token": tokenEndpoint({
        clientIn: "body",
        grantTypeOptional: true,
        refuse,
        ...own.tokens,
      }),
      "GET https://api.github.com/user": resource({
        demand,
        answer: (_grant, { account }) => ({ id: Number(account.id), login: account.label }),
        refuse: json(401, { message: "Bad credentials" }),
      }),
      "DELETE https://api.github.com/applications/{clientId}/token": revocationEndpoint({
        token: ({ body }) => body["access_token"],
        takes: "access",
        clientIn: "basic",
        demand: (request) => demand(request) ?? (request.format === "json" ? null : json(400, { message: "Problems parsing JSON" })),
        ends: "token",
        done: { status: 204 },
        unknown: json(404, { message: "Not Found" }),
      }),
    },
  };
}

export const github = gitHub({
  sources: ["https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps"],
  scopes: ["read:user", "user:email"],
  tokens: {
    lifetimeSeconds: null,
    rotation: "none",
    issuesRefreshToken: () => false,
    answer: ({ accessToken, grant }, _surroundings, request) =>
      written(request, { access_token: accessToken, scope: grant.scopes.join(","), token_type: "bearer" }),
  },
});

export const githubApp = gitHub({
  sources: ["https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens"],
  scopes: [],
  tokens: {
    lifetimeSeconds: 28_800,
    rotation: "strict",
    refreshEndsAccessToken: true,
    // Scopes are ignored, and so none are named: what the app may do is set on the app.
    answer: ({ accessToken, refreshToken }, _surroundings, request) =>
      written(request, {
        access_token: accessToken,
        expires_in: "28800",
        refresh_token: refreshToken ?? "",
        refresh_token_expires_in: "15897600",
        scope: "",
        token_type: "bearer",
      }),
  },
});
