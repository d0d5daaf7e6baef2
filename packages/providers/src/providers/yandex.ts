/**
 * Yandex ID. Further scopes belong to each Yandex service and are ticked on the app.
 */
import { provider } from "../provider.ts";

export const yandex = provider({
  id: "yandex",
  name: "Yandex ID",
  docsUrl: "https://yandex.com/dev/id/doc/en/",
  scopesDocsUrl: "https://yandex.com/dev/id/doc/en/user-information",
  registration: { url: "https://oauth.yandex.com/client/new", steps: "Create an app: web services; redirect URI; data access" },
  confidence: "medium",
  authorizationEndpoint: "https://oauth.yandex.com/authorize",
  tokenEndpoint: "https://oauth.yandex.com/token",
  revocation: {
    endpoint: "https://oauth.yandex.com/revoke_token",
    method: "request",
    request: { parameters: { access_token: "{accessToken}", client_id: "{clientId}", client_secret: "{clientSecret}" } },
    ends: "token",
  },
  account: { endpoint: "https://login.yandex.ru/info?format=json", idPath: "id", labelPath: "login" },
  apiAuthorization: { scheme: "OAuth" },
  resourceHosts: ["cloud-api.yandex.net", "api-metrika.yandex.net"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  accessTokenLifetimeSeconds: 31_536_000,
  defaultScopes: ["login:info"],
  scopes: {
    "login:info": { description: "Read name, gender and login", sensitivity: "basic" },
    "login:email": { description: "Read the email", sensitivity: "basic" },
    "login:avatar": { description: "Read the avatar", sensitivity: "basic" },
    "login:birthday": { description: "Read the birthday", sensitivity: "read" },
    "login:phone": { description: "Read the phone number", sensitivity: "read" },
  },
  quirks: ["Without scopes the app's own apply"],
});
