/**
 * start.gg. Refreshing has an endpoint of its own, and token requests name the scopes.
 */
import { provider } from "../provider.ts";

export const startgg = provider({
  id: "startgg",
  name: "start.gg",
  docsUrl: "https://developer.start.gg/docs/oauth/oauth-overview",
  scopesDocsUrl: "https://developer.start.gg/docs/oauth/scopes",
  registration: { url: "https://start.gg/admin/profile/developer", steps: "Developer settings, OAuth Applications, Create; redirect URIs" },
  confidence: "medium",
  authorizationEndpoint: "https://start.gg/oauth/authorize",
  tokenEndpoint: "https://api.start.gg/oauth/access_token",
  refreshEndpoint: "https://api.start.gg/oauth/refresh",
  account: {
    endpoint: "https://api.start.gg/gql/alpha",
    method: "POST",
    body: { query: "{ currentUser { id slug } }" },
    idPath: "data.currentUser.id",
    labelPath: "data.currentUser.slug",
  },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSentWith: ["authorization", "token", "refresh"],
  accessTokenLifetimeSeconds: 604_800,
  rotation: { mode: "strict" },
  defaultScopes: ["user.identity"],
  scopes: {
    "user.identity": { description: "Read the user's identity", sensitivity: "basic" },
    "user.email": { description: "Read the user's email", sensitivity: "basic" },
    "tournament.manager": { description: "Seed and set up tournaments", sensitivity: "admin" },
    "tournament.reporter": { description: "Report tournament sets", sensitivity: "write" },
  },
});
