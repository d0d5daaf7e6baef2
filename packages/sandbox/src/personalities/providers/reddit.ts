/**
 * Reddit: refresh tokens for those who ask for a permanent duration, and refusals with 200.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const scopes = ["identity", "read"];

export const reddit: Behaviour = {
  provider: "reddit",
  sources: ["https://github.com/reddit-archive/reddit/wiki/OAuth2", "https://github.com/praw-dev/praw/issues/677"],
  account: { id: "t2abc", label: "ada_example" },
  parameters: {},
  scopes,
  apiUrl: "https://oauth.reddit.com/api/v1/me/prefs",
  endpoints: {
    "GET https://www.reddit.com/api/v1/authorize": authorizationEndpoint({
      scopes,
      offline: (query) => query.get("duration") === "permanent",
    }),
    "POST https://www.reddit.com/api/v1/access_token": tokenEndpoint({
      clientIn: "basic",
      lifetimeSeconds: 86_400,
      rotation: "none",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }) => ({
        access_token: accessToken,
        token_type: "bearer",
        expires_in: expiresInSeconds,
        scope: grant.scopes.join(" "),
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
      }),
      refuse: refusals({
        client: json(401, { message: "Unauthorized", error: 401 }),
        code: json(200, { error: "invalid_grant" }),
        refresh_token: json(400, { message: "Bad Request", error: 400 }),
        request: json(200, { error: "invalid_request" }),
        grant_type: json(200, { error: "unsupported_grant_type" }),
        rate: json(429, { message: "Too Many Requests", error: 429 }),
      }),
    }),
    "POST https://www.reddit.com/api/v1/revoke_token": revocationEndpoint({
      token: ({ body }) => body["token"],
      takes: "either",
      clientIn: "basic",
      ends: "grant",
      done: { status: 204 },
      unknown: { status: 204 },
    }),
    "GET https://oauth.reddit.com/api/v1/me": resource({
      // Agents that say nothing of themselves share one small quota, which is always used up.
      demand: (request) => (request.header("user-agent") === null ? json(429, { message: "Too Many Requests", error: 429 }) : null),
      answer: (_grant, { account }) => ({ id: account.id, name: account.label }),
    }),
    "GET https://oauth.reddit.com/api/v1/me/prefs": resource({ answer: () => ({ lang: "en" }) }),
  },
};
