/**
 * Instagram for business accounts. No refresh tokens: an access token is exchanged for a long-lived one, which renews itself.
 */
import { provider } from "../provider.ts";

export const instagram = provider({
  id: "instagram",
  name: "Instagram",
  docsUrl: "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login",
  scopesDocsUrl: "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login",
  registration: {
    url: "https://developers.facebook.com/apps",
    steps: "Create app; Instagram, API setup with Instagram login: redirect URLs; App review for other people's accounts",
  },
  confidence: "medium",
  authorizationEndpoint: "https://www.instagram.com/oauth/authorize",
  tokenEndpoint: "https://api.instagram.com/oauth/access_token",
  account: { endpoint: "https://graph.instagram.com/me?fields=user_id,username", idPath: "user_id", labelPath: "username" },
  tokenRefusals: [
    { status: 400, member: "error.code", codes: ["190"] },
    { status: 401, member: "error.code", codes: ["190"] },
  ],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSeparator: ",",
  offlineAccess: null,
  errorMap: [
    { member: "error.code", codes: ["102", "190"], means: "invalid_grant" },
    { member: "error.code", codes: ["4", "17", "32", "341", "613"], means: "slow_down" },
    { member: "error.code", codes: ["1", "2"], means: "temporarily_unavailable" },
    { member: "error.code", codes: ["101"], means: "invalid_client" },
  ],
  longLivedExchange: {
    endpoint: "https://graph.instagram.com/access_token",
    parameters: { grant_type: "ig_exchange_token", client_secret: "{clientSecret}", access_token: "{accessToken}" },
  },
  accessTokenRenewal: {
    endpoint: "https://graph.instagram.com/refresh_access_token",
    parameters: { grant_type: "ig_refresh_token", access_token: "{accessToken}" },
    minimumAgeSeconds: 86_400,
  },
  accessTokenLifetimeSeconds: 5_184_000,
  defaultScopes: ["instagram_business_basic"],
  scopes: {
    instagram_business_basic: { description: "Read profile and media", sensitivity: "basic" },
    instagram_business_content_publish: { description: "Publish media", sensitivity: "write" },
    instagram_business_manage_comments: { description: "Manage comments", sensitivity: "write" },
    instagram_business_manage_messages: { description: "Manage messages", sensitivity: "write" },
    instagram_business_manage_insights: { description: "Read insights", sensitivity: "read" },
  },
  quirks: ["#_ behind the code is a fragment: no server sees it", "Older answers hold the token in a list under data"],
});
