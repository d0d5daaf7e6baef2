/**
 * Linear: scopes with commas, and an API that is GraphQL only.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const api = "https://api.linear.app";
const scopes = ["read", "write"];
const unauthenticated = json(401, { errors: [{ message: "Authentication required", extensions: { code: "AUTHENTICATION_ERROR" } }] });

export const linear: Behaviour = {
  provider: "linear",
  sources: ["https://linear.app/developers/oauth-2-0-authentication"],
  account: { id: "9cfb482a-81e3", label: "ada@acme.example" },
  parameters: {},
  scopes,
  apiUrl: `${api}/rest/ping`,
  endpoints: {
    "GET https://linear.app/oauth/authorize": authorizationEndpoint({ scopes, scopeSeparator: ",", pkce: true }),
    [`POST ${api}/oauth/token`]: tokenEndpoint({
      clientIn: "either",
      lifetimeSeconds: 86_399,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }) => ({
        access_token: accessToken,
        token_type: "Bearer",
        expires_in: expiresInSeconds,
        scope: grant.scopes.join(" "),
        refresh_token: refreshToken,
      }),
      refuse: refusals({ rate: json(429, { error: "ratelimited" }, { "retry-after": "30" }) }),
    }),
    [`POST ${api}/oauth/revoke`]: revocationEndpoint({
      token: ({ format, body }) => (format === "form" ? body["token"] : undefined),
      takes: "either",
      clientIn: "none",
      ends: "grant",
      done: { status: 200 },
      unknown: json(400, { error: "invalid_token" }),
    }),
    [`POST ${api}/graphql`]: resource({
      demand: ({ format, body }) =>
        format === "json" && body["query"] !== undefined ? null : json(400, { errors: [{ message: "No query" }] }),
      answer: (_grant, { account }) => ({ data: { viewer: { id: account.id, email: account.label } } }),
      refuse: unauthenticated,
    }),
    // Not Linear's: a GET that shows whether a token works, since GraphQL has none.
    [`GET ${api}/rest/ping`]: resource({ answer: () => ({ ok: true }), refuse: unauthenticated }),
  },
};
