/**
 * LINE Login.
 */
import { provider } from "../provider.ts";

export const line = provider({
  id: "line",
  name: "LINE Login",
  docsUrl: "https://developers.line.biz/en/docs/line-login/integrate-line-login/",
  scopesDocsUrl: "https://developers.line.biz/en/docs/line-login/integrate-line-login/#scopes",
  registration: {
    url: "https://developers.line.biz/console/",
    steps: "A provider, Create a LINE Login channel; callback URL; scopes such as email after an application",
  },
  confidence: "medium",
  issuer: "https://access.line.me",
  authorizationEndpoint: "https://access.line.me/oauth2/v2.1/authorize",
  tokenEndpoint: "https://api.line.me/oauth2/v2.1/token",
  revocation: {
    endpoint: "https://api.line.me/oauth2/v2.1/revoke",
    method: "request",
    request: { parameters: { access_token: "{accessToken}", client_id: "{clientId}", client_secret: "{clientSecret}" } },
    ends: "token",
  },
  account: { endpoint: "https://api.line.me/oauth2/v2.1/userinfo", idPath: "sub", labelPath: "name" },
  resourceHosts: ["api-data.line.me"],
  clientAuthentication: "client_secret_post",
  pkce: "supported",
  accessTokenLifetimeSeconds: 2_592_000,
  grantLifetimeSeconds: 7_776_000,
  rotation: { mode: "none" },
  defaultScopes: ["openid", "profile"],
  scopes: {
    openid: { description: "Sign in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read user id, name, picture and status", sensitivity: "basic" },
    email: { description: "Read the email (needs approval)", sensitivity: "basic" },
    "chat_message.write": { description: "LIFF: send messages for the user", sensitivity: "write" },
  },
  quirks: ["A refresh token lasts 90 days from consent and is not extended"],
});
