/**
 * Patreon.
 */
import { provider } from "../provider.ts";

export const patreon = provider({
  id: "patreon",
  name: "Patreon",
  docsUrl: "https://docs.patreon.com/#oauth",
  scopesDocsUrl: "https://docs.patreon.com/#scopes",
  registration: {
    url: "https://www.patreon.com/portal/registration/register-clients",
    steps: "Clients and API keys, Create client, API version 2; redirect URIs",
  },
  confidence: "high",
  authorizationEndpoint: "https://www.patreon.com/oauth2/authorize",
  tokenEndpoint: "https://www.patreon.com/api/oauth2/token",
  account: {
    endpoint: "https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=full_name",
    idPath: "data.id",
    labelPath: "data.attributes.full_name",
  },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  accessTokenLifetimeSeconds: 2_678_400,
  rotation: { mode: "strict" },
  defaultScopes: ["identity"],
  scopes: {
    identity: { description: "Read the user", sensitivity: "basic" },
    "identity[email]": { description: "Read the user's email", sensitivity: "basic" },
    "identity.memberships": { description: "Read the user's memberships", sensitivity: "read" },
    campaigns: { description: "Read the creator's campaigns", sensitivity: "read" },
    "w:campaigns.webhook": { description: "Manage campaign webhooks made by the client", sensitivity: "write" },
    "campaigns.members": { description: "Read campaign members", sensitivity: "read" },
    "campaigns.members[email]": { description: "Read members' emails", sensitivity: "read" },
    "campaigns.members.address": { description: "Read members' addresses", sensitivity: "read" },
    "campaigns.posts": { description: "Read campaign posts", sensitivity: "read" },
  },
  quirks: ["API calls need a User-Agent"],
});
