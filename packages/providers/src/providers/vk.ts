/**
 * VK ID. The callback names a device, which every later request must repeat.
 */
import { provider } from "../provider.ts";

export const vk = provider({
  id: "vk",
  name: "VK ID",
  docsUrl:
    "https://id.vk.com/about/business/go/docs/en/vkid/latest/vk-id/connection/start-integration/auth-without-sdk/auth-without-sdk-web",
  scopesDocsUrl: "https://id.vk.com/about/business/go/docs/en/vkid/latest/vk-id/connection/work-with-user-info/scopes",
  registration: {
    url: "https://id.vk.com/about/business/go",
    steps: "My apps, Add: web; base domain and trusted redirect URL; access to data",
  },
  confidence: "low",
  authorizationEndpoint: "https://id.vk.com/authorize",
  tokenEndpoint: "https://id.vk.com/oauth2/auth",
  revocation: {
    endpoint: "https://id.vk.com/oauth2/revoke",
    method: "request",
    request: { parameters: { client_id: "{clientId}", access_token: "{accessToken}" } },
    ends: "grant",
  },
  // The userinfo endpoint takes no bearer token.
  accountIn: { source: "token_response", idPath: "user_id", labelPath: "user_id" },
  resourceHosts: ["api.vk.com"],
  clientAuthentication: "client_secret_post",
  pkce: "required",
  tokenParameters: { device_id: "{callback.device_id}", state: "{callback.state}" },
  refreshParameters: { device_id: "{callback.device_id}" },
  captures: { callback: ["device_id"], token: ["user_id"] },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "strict" },
  defaultScopes: ["vkid.personal_info"],
  scopes: {
    "vkid.personal_info": { description: "Read name, photo, gender and birthday", sensitivity: "basic" },
    email: { description: "Read the email", sensitivity: "basic" },
    phone: { description: "Read the phone number", sensitivity: "basic" },
  },
  quirks: ["The same server is also reached as id.vk.ru"],
});
