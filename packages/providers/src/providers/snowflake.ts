/**
 * Snowflake OAuth: `account` is the account's identifier, such as acme-main. A scope names the role.
 */
import { provider, scopesLike } from "../provider.ts";

export const snowflake = provider({
  id: "snowflake",
  name: "Snowflake",
  docsUrl: "https://docs.snowflake.com/en/user-guide/oauth-custom",
  scopesDocsUrl: "https://docs.snowflake.com/en/user-guide/oauth-custom#scope",
  registration: {
    url: "https://app.snowflake.com",
    steps: "CREATE SECURITY INTEGRATION, type OAUTH, client CUSTOM, confidential; OAUTH_ISSUE_REFRESH_TOKENS true",
  },
  confidence: "medium",
  authorizationEndpoint: "https://{account}.snowflakecomputing.com/oauth/authorize",
  tokenEndpoint: "https://{account}.snowflakecomputing.com/oauth/token-request",
  accountIn: { source: "token_response", idPath: "username", labelPath: "username" },
  urlParameters: ["account"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  offlineAccess: { scopes: ["refresh_token"] },
  captures: { token: ["username"] },
  accessTokenLifetimeSeconds: 600,
  grantLifetimeSeconds: 7_776_000,
  defaultScopes: [],
  // One role, by its name.
  openTo: [
    scopesLike<`session:role:${string}`>(/^session:role:\S+$/),
    scopesLike<`session:role-encoded:${string}`>(/^session:role-encoded:\S+$/),
  ],
  scopes: {
    refresh_token: { description: "Issue a refresh token", sensitivity: "basic" },
  },
  quirks: [
    "Without a session:role scope the user's default role applies",
    "How long a grant lasts is set on the integration: 90 days by default",
  ],
});
