/**
 * Eventbrite: no scopes, no expiry.
 */
import { provider } from "../provider.ts";

export const eventbrite = provider({
  id: "eventbrite",
  name: "Eventbrite",
  docsUrl: "https://www.eventbrite.com/platform/api#/introduction/authentication",
  scopesDocsUrl: null,
  registration: {
    url: "https://www.eventbrite.com/account-settings/apps",
    steps: "Account settings, Developer links, API keys, Create; OAuth redirect URI",
  },
  confidence: "medium",
  authorizationEndpoint: "https://www.eventbrite.com/oauth/authorize",
  tokenEndpoint: "https://www.eventbrite.com/oauth/token",
  account: { endpoint: "https://www.eventbriteapi.com/v3/users/me/", idPath: "id", labelPath: "name" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: [],
  scopes: {},
  quirks: ["A token does not expire"],
});
