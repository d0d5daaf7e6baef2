/**
 * Heroku.
 */
import { provider } from "../provider.ts";

export const heroku = provider({
  id: "heroku",
  name: "Heroku",
  docsUrl: "https://devcenter.heroku.com/articles/oauth",
  scopesDocsUrl: "https://devcenter.heroku.com/articles/oauth#scopes",
  registration: {
    url: "https://dashboard.heroku.com/account/applications",
    steps: "Account settings, Applications, Register new API client; callback URL",
  },
  confidence: "medium",
  authorizationEndpoint: "https://id.heroku.com/oauth/authorize",
  tokenEndpoint: "https://id.heroku.com/oauth/token",
  account: {
    endpoint: "https://api.heroku.com/account",
    headers: { Accept: "application/vnd.heroku+json; version=3" },
    idPath: "id",
    labelPath: "email",
  },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  captures: { token: ["user_id"] },
  accessTokenLifetimeSeconds: 28_799,
  rotation: { mode: "none" },
  defaultScopes: ["identity"],
  scopes: {
    identity: { description: "Read the account", sensitivity: "basic" },
    read: { description: "Read apps and resources except protected config", sensitivity: "read" },
    write: { description: "Write apps and resources except protected config", sensitivity: "write" },
    "read-protected": { description: "Read including protected config vars", sensitivity: "read", implies: ["read"] },
    "write-protected": { description: "Write including protected config vars", sensitivity: "write", implies: ["write"] },
    global: { description: "Full account access", sensitivity: "admin", implies: ["identity", "read-protected", "write-protected"] },
  },
});
