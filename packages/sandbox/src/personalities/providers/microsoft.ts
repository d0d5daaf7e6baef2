/**
 * Microsoft Entra ID: scopes at every request, errors with AADSTS numbers, old refresh tokens that stay good.
 */
import { authorizationEndpoint } from "../authorization-endpoint.ts";
import { type Behaviour, json, refusals } from "../behaviour.ts";
import { resource } from "../resource-endpoints.ts";
import { tokenEndpoint } from "../token-endpoint.ts";

const login = "https://login.microsoftonline.com/common/oauth2/v2.0";
const graph = "https://graph.microsoft.com/v1.0";
const scopes = ["openid", "profile", "email", "User.Read", "Mail.Read"];
const refused = (status: number, error: string, code: number, text: string) =>
  json(status, {
    error,
    error_description: `AADSTS${code}: ${text}`,
    error_codes: [code],
    trace_id: "0000aaaa",
    correlation_id: "1111bbbb",
  });

export const microsoft: Behaviour = {
  provider: "microsoft",
  sources: [
    "https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow",
    "https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens",
    "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes",
  ],
  account: { id: "87d349ed-44d7-43e1", label: "ada@acme.example" },
  parameters: { tenant: "common" },
  scopes,
  apiUrl: `${graph}/me/messages`,
  endpoints: {
    [`GET ${login}/authorize`]: authorizationEndpoint({
      scopes: [...scopes, "offline_access"],
      pkce: true,
      offline: (_query, asked) => asked.includes("offline_access"),
      unnamed: ["offline_access"],
      grantedAs: (scope) => (/^[A-Z]/.test(scope) ? `https://graph.microsoft.com/${scope}` : scope),
    }),
    [`POST ${login}/token`]: tokenEndpoint({
      clientIn: "body",
      requiredAtRefresh: ["scope"],
      lifetimeSeconds: 3600,
      rotation: "strict",
      answer: ({ accessToken, refreshToken, expiresInSeconds, grant }) => ({
        token_type: "Bearer",
        scope: grant.scopes.join(" "),
        expires_in: expiresInSeconds,
        ext_expires_in: expiresInSeconds,
        access_token: accessToken,
        ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
      }),
      refuse: refusals({
        client: refused(401, "invalid_client", 7_000_215, "Invalid client secret provided."),
        code: refused(400, "invalid_grant", 70_008, "The provided authorization code has expired."),
        refresh_token: refused(400, "invalid_grant", 50_173, "The provided grant has expired due to it being revoked."),
        request: refused(400, "invalid_request", 900_144, "The request body must contain the following parameter: 'scope'."),
        grant_type: refused(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type."),
        // The same word as for a dead grant: only the number tells them apart.
        transient: refused(400, "invalid_grant", 90_033, "A transient error has occurred. Please try again."),
        rate: refused(400, "invalid_grant", 50_196, "The server terminated an operation because it encountered a client request loop."),
      }),
    }),
    [`GET ${graph}/me`]: resource({ answer: (_grant, { account }) => ({ id: account.id, userPrincipalName: account.label }) }),
    [`GET ${graph}/me/messages`]: resource({ answer: () => ({ value: [] }) }),
  },
};
