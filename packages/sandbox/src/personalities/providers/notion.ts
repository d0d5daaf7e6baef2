/**
 * Notion: JSON with Basic at every OAuth endpoint, no scopes, and no word on when a token expires.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import type { ProviderRequest } from "../provider-request.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const api = "https://api.notion.com/v1";
const versioned = (request: ProviderRequest) =>
  request.header("notion-version") === null
    ? json(400, { object: "error", status: 400, code: "missing_version", message: "Notion-Version header should be defined." })
    : null;

export const notion: Behaviour = {
  provider: "notion",
  sources: [
    "https://developers.notion.com/guides/get-started/authorization",
    "https://developers.notion.com/reference/create-a-token",
    "https://developers.notion.com/reference/revoke-token",
  ],
  account: { id: "b0e3c1a2-bot", label: "Acme workspace" },
  parameters: {},
  scopes: [],
  apiUrl: `${api}/users`,
  endpoints: {
    [`GET ${api}/oauth/authorize`]: authorizationEndpoint({ scopes: null, required: { owner: "user" } }),
    [`POST ${api}/oauth/token`]: tokenEndpoint({
      clientIn: "basic",
      format: "json",
      lifetimeSeconds: null,
      rotation: "strict",
      answer: ({ accessToken, refreshToken }, { account }) => ({
        access_token: accessToken,
        token_type: "bearer",
        refresh_token: refreshToken,
        bot_id: account.id,
        workspace_id: "8d4b9a5e",
        workspace_name: account.label,
        workspace_icon: null,
        duplicated_template_id: null,
        owner: { type: "user", user: { object: "user", id: "6794760a" } },
        request_id: "3c90c3cc",
      }),
      refuse: refusals({
        rate: json(
          429,
          { object: "error", status: 429, code: "rate_limited", message: "You have been rate limited." },
          { "retry-after": "15" },
        ),
        transient: json(503, { object: "error", status: 503, code: "service_unavailable", message: "Notion is unavailable." }),
      }),
    }),
    [`POST ${api}/oauth/revoke`]: revocationEndpoint({
      token: ({ body }) => body["token"],
      takes: "access",
      clientIn: "basic",
      demand: (request) =>
        request.format === "json" ? versioned(request) : json(400, { object: "error", status: 400, code: "invalid_json" }),
      ends: "grant",
      done: json(200, { request_id: "3c90c3cc" }),
      // Nothing is said of tokens that it does not know, so as RFC 7009 §2.2 has it.
      unknown: json(200, { request_id: "3c90c3cc" }),
    }),
    [`GET ${api}/users/me`]: resource({
      demand: versioned,
      answer: (_grant, { account }) => ({ object: "user", id: account.id, type: "bot", bot: { workspace_name: account.label } }),
      refuse: json(401, { object: "error", status: 401, code: "unauthorized", message: "API token is invalid." }),
    }),
    [`GET ${api}/users`]: resource({ demand: versioned, answer: () => ({ object: "list", results: [] }) }),
  },
};
