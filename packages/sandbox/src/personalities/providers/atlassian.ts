/**
 * Atlassian: an audience in the authorization request, and 403 for a dead refresh token.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const scopes = ["read:me", "read:jira-work"];

export const atlassian: Behaviour = {
  provider: "atlassian",
  sources: ["https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/"],
  account: { id: "112233aa-bb11", label: "ada@acme.example" },
  parameters: {},
  scopes,
  apiUrl: "https://api.atlassian.com/oauth/token/accessible-resources",
  endpoints: {
    "GET https://auth.atlassian.com/authorize": authorizationEndpoint({
      scopes: [...scopes, "offline_access"],
      required: { audience: "api.atlassian.com", prompt: "consent" },
      offline: (_query, asked) => asked.includes("offline_access"),
    }),
    "POST https://auth.atlassian.com/oauth/token": tokenEndpoint({
      clientIn: "body",
      format: "either",
      lifetimeSeconds: 3600,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }) => ({
        access_token: accessToken,
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
        expires_in: expiresInSeconds,
        token_type: "Bearer",
        scope: grant.scopes.join(" "),
      }),
      refuse: refusals({
        // Its page is silent here; these are the words of Auth0, which answers at this host.
        client: json(401, { error: "access_denied", error_description: "Unauthorized" }),
        code: json(403, { error: "invalid_grant", error_description: "Invalid authorization code" }),
        refresh_token: json(403, { error: "invalid_grant", error_description: "Unknown or invalid refresh token." }),
        rate: json(429, { error: "too_many_requests", error_description: "Global limit has been reached" }),
      }),
    }),
    "GET https://api.atlassian.com/me": resource({
      answer: (_grant, { account }) => ({ account_id: account.id, email: account.label }),
      refuse: json(401, { code: 401, message: "Unauthorized" }),
    }),
    "GET https://api.atlassian.com/oauth/token/accessible-resources": resource({
      answer: () => [],
      refuse: json(401, { code: 401, message: "Unauthorized" }),
    }),
  },
};
