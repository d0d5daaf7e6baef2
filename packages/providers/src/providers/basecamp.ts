/**
 * Basecamp, through 37signals' Launchpad. It has no scopes: a token does all that the user may.
 */
import { provider } from "../provider.ts";

export const basecamp = provider({
  id: "basecamp",
  name: "Basecamp (37signals)",
  docsUrl: "https://github.com/basecamp/api/blob/master/sections/authentication.md",
  scopesDocsUrl: null,
  registration: { url: "https://launchpad.37signals.com/integrations", steps: "Register one now; tick the products; one redirect URI" },
  confidence: "high",
  authorizationEndpoint: "https://launchpad.37signals.com/authorization/new",
  tokenEndpoint: "https://launchpad.37signals.com/authorization/token",
  account: { endpoint: "https://launchpad.37signals.com/authorization.json", idPath: "identity.id", labelPath: "identity.email_address" },
  resourceHosts: ["*.basecampapi.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  authorizationParameters: { type: "web_server" },
  tokenParameters: { type: "web_server" },
  refreshParameters: { type: "refresh" },
  accessTokenLifetimeSeconds: 1_209_600,
  grantLifetimeSeconds: 315_360_000,
  rotation: { mode: "none" },
  defaultScopes: [],
  scopes: {},
  quirks: [
    "Accounts and their API hosts are listed at https://launchpad.37signals.com/authorization.json",
    "API calls need a User-Agent with a way to reach the developer",
  ],
});
