/**
 * HubSpot: refusals by a status in words, and the client in the body only.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource, revocationEndpoint } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const scopes = ["oauth", "crm.objects.contacts.read"];
const optionalScopes = ["crm.objects.companies.read"];
/** The word that tells stands beside the standard members, of which `error` is the same for all. */
const refused = (status: number, word: string, message: string) =>
  json(status, { status: word, message, error: "invalid_request", error_description: message, correlationId: "aeb5f871-7f07" });

export const hubspot: Behaviour = {
  provider: "hubspot",
  sources: [
    "https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens",
    "https://developers.hubspot.com/docs/api-reference/latest/authentication/oauth-tokens/revoke-token",
    "https://nango.dev/blog/hubspot-oauth-bad-refresh-token",
  ],
  account: { id: "62515", label: "62515" },
  parameters: {},
  scopes,
  optionalScopes,
  apiUrl: "https://api.hubapi.com/crm/v3/objects/contacts",
  endpoints: {
    "GET https://app.hubspot.com/oauth/authorize": authorizationEndpoint({
      scopes,
      optional: { parameter: "optional_scope", scopes: optionalScopes },
    }),
    "POST https://api.hubapi.com/oauth/2026-03/token": tokenEndpoint({
      clientIn: "body",
      lifetimeSeconds: 1800,
      rotation: "none",
      answer: ({ accessToken, refreshToken, expiresInSeconds }) => ({
        token_type: "bearer",
        access_token: accessToken,
        expires_in: expiresInSeconds,
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
        hub_id: 62_515,
        user_id: 293_199,
      }),
      refuse: refusals({
        client: refused(400, "BAD_CLIENT_SECRET", "wrong or missing client secret"),
        code: refused(400, "BAD_AUTH_CODE", "missing or unknown auth code"),
        refresh_token: refused(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token"),
        request: refused(400, "error", "missing or invalid request value"),
        grant_type: refused(400, "BAD_GRANT_TYPE", "missing or unknown grant type"),
        transient: json(502, { status: "error", message: "The servers are too busy" }),
        rate: json(
          429,
          { status: "error", message: "You have reached your secondly limit.", errorType: "RATE_LIMIT" },
          { "retry-after": "10" },
        ),
      }),
    }),
    "POST https://api.hubapi.com/oauth/2026-03/token/revoke": revocationEndpoint({
      token: ({ format, body }) => (format === "form" ? body["token"] : undefined),
      takes: "refresh",
      clientIn: "body",
      ends: "grant",
      done: { status: 200 },
      unknown: { status: 200 },
    }),
    "GET https://api.hubapi.com/account-info/v3/details": resource({ answer: () => ({ portalId: 62_515, timeZone: "US/Eastern" }) }),
    "GET https://api.hubapi.com/crm/v3/objects/contacts": resource({ answer: () => ({ results: [] }) }),
  },
};
