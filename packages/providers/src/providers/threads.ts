/**
 * Threads. No refresh tokens: an access token is exchanged for a long-lived one, which renews itself.
 */
import { provider } from "../provider.ts";

export const threads = provider({
  id: "threads",
  name: "Threads",
  docsUrl: "https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions",
  scopesDocsUrl: "https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions",
  registration: {
    url: "https://developers.facebook.com/apps",
    steps: "Create app, use case Access the Threads API; redirect callback URLs; App review for other people's accounts",
  },
  confidence: "medium",
  authorizationEndpoint: "https://threads.net/oauth/authorize",
  tokenEndpoint: "https://graph.threads.net/oauth/access_token",
  account: { endpoint: "https://graph.threads.net/v1.0/me?fields=id,username", idPath: "id", labelPath: "username" },
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
    endpoint: "https://graph.threads.net/access_token",
    parameters: { grant_type: "th_exchange_token", client_secret: "{clientSecret}", access_token: "{accessToken}" },
  },
  accessTokenRenewal: {
    endpoint: "https://graph.threads.net/refresh_access_token",
    parameters: { grant_type: "th_refresh_token", access_token: "{accessToken}" },
    minimumAgeSeconds: 86_400,
  },
  accessTokenLifetimeSeconds: 5_184_000,
  defaultScopes: ["threads_basic"],
  scopes: {
    threads_basic: { description: "Read the profile and own posts", sensitivity: "basic" },
    threads_content_publish: { description: "Publish posts", sensitivity: "write" },
    threads_manage_insights: { description: "Read insights", sensitivity: "read" },
    threads_manage_replies: { description: "Create replies and hide replies", sensitivity: "write" },
    threads_read_replies: { description: "Read replies", sensitivity: "read" },
    threads_keyword_search: { description: "Search posts by keyword", sensitivity: "read" },
    threads_manage_mentions: { description: "Read mentions", sensitivity: "read" },
    threads_delete: { description: "Delete posts", sensitivity: "write" },
    threads_location_tagging: { description: "Tag locations", sensitivity: "write" },
    threads_profile_discovery: { description: "Look up public profiles", sensitivity: "read" },
  },
});
