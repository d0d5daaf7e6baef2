/**
 * Tiltify.
 */
import { provider } from "../provider.ts";

export const tiltify = provider({
  id: "tiltify",
  name: "Tiltify",
  docsUrl: "https://developers.tiltify.com/docs/oauth",
  scopesDocsUrl: "https://developers.tiltify.com/docs/oauth",
  registration: { url: "https://app.tiltify.com/developers", steps: "Developers, Create application; redirect URI" },
  confidence: "low",
  authorizationEndpoint: "https://v5api.tiltify.com/oauth/authorize",
  tokenEndpoint: "https://v5api.tiltify.com/oauth/token",
  account: { endpoint: "https://v5api.tiltify.com/api/public/current-user", idPath: "data.id", labelPath: "data.username" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  accessTokenLifetimeSeconds: 7200,
  defaultScopes: ["public"],
  scopes: {
    public: { description: "Read public data and the user profile", sensitivity: "read" },
    "webhooks:write": { description: "Manage webhook subscriptions", sensitivity: "write" },
  },
});
