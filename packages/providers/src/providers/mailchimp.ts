/**
 * Mailchimp: no scopes, no expiry. API calls go to the data centre of the account.
 */
import { provider } from "../provider.ts";

export const mailchimp = provider({
  id: "mailchimp",
  name: "Mailchimp",
  docsUrl: "https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/",
  scopesDocsUrl: null,
  registration: {
    url: "https://admin.mailchimp.com/account/oauth2/",
    steps: "Account, Extras, Registered apps, Register an app; redirect URI",
  },
  confidence: "high",
  authorizationEndpoint: "https://login.mailchimp.com/oauth2/authorize",
  tokenEndpoint: "https://login.mailchimp.com/oauth2/token",
  account: { endpoint: "https://login.mailchimp.com/oauth2/metadata", idPath: "user_id", labelPath: "accountname" },
  apiAuthorization: { scheme: "OAuth" },
  resourceHosts: ["*.api.mailchimp.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: [],
  scopes: {},
  quirks: ["The API host is api_endpoint at https://login.mailchimp.com/oauth2/metadata", "expires_in is 0: a token does not expire"],
});
