/**
 * MyAnimeList. Its code challenge is the plain verifier.
 */
import { provider } from "../provider.ts";

export const myanimelist = provider({
  id: "myanimelist",
  name: "MyAnimeList",
  docsUrl: "https://myanimelist.net/apiconfig/references/authorization",
  scopesDocsUrl: "https://myanimelist.net/apiconfig/references/authorization",
  registration: { url: "https://myanimelist.net/apiconfig", steps: "API, Create ID; app type web; redirect URL" },
  confidence: "medium",
  authorizationEndpoint: "https://myanimelist.net/v1/oauth2/authorize",
  tokenEndpoint: "https://myanimelist.net/v1/oauth2/token",
  account: { endpoint: "https://api.myanimelist.net/v2/users/@me", idPath: "id", labelPath: "name" },
  clientAuthentication: "client_secret_basic",
  pkce: "required",
  codeChallengeMethod: "plain",
  accessTokenLifetimeSeconds: 2_678_400,
  rotation: { mode: "strict" },
  defaultScopes: ["write:users"],
  scopes: {
    "write:users": { description: "Read and edit the user's lists and profile", sensitivity: "write" },
  },
});
