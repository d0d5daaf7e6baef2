/**
 * Stack Exchange: no refresh tokens; `no_expiry` makes a token last.
 */
import { provider } from "../provider.ts";

export const stackexchange = provider({
  id: "stackexchange",
  name: "Stack Exchange",
  docsUrl: "https://api.stackexchange.com/docs/authentication",
  scopesDocsUrl: "https://api.stackexchange.com/docs/authentication#scope",
  registration: { url: "https://stackapps.com/apps/oauth/register", steps: "Stack Apps, Register; OAuth domain; client side flow off" },
  confidence: "medium",
  authorizationEndpoint: "https://stackoverflow.com/oauth",
  tokenEndpoint: "https://stackoverflow.com/oauth/access_token/json",
  resourceHosts: ["api.stackexchange.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  offlineAccess: null,
  tokenFields: { expiresIn: "expires" },
  accessTokenLifetimeSeconds: 86_400,
  defaultScopes: ["no_expiry"],
  scopes: {
    read_inbox: { description: "Read the global inbox", sensitivity: "read" },
    no_expiry: { description: "Issue a token that does not expire", sensitivity: "basic" },
    write_access: { description: "Write posts and votes", sensitivity: "write" },
    private_info: { description: "Read full history and private data", sensitivity: "read" },
  },
  quirks: [
    "API calls carry the token and the app's key in the query, so the account is not read",
    "Without `no_expiry` a token lasts a day",
  ],
});
