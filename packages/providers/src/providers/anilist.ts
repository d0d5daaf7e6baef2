/**
 * AniList: no scopes and no refresh; a token lasts a year.
 */
import { provider } from "../provider.ts";

export const anilist = provider({
  id: "anilist",
  name: "AniList",
  docsUrl: "https://docs.anilist.co/guide/auth/authorization-code",
  scopesDocsUrl: null,
  registration: { url: "https://anilist.co/settings/developer", steps: "Settings, Developer, Create New Client" },
  confidence: "medium",
  authorizationEndpoint: "https://anilist.co/api/v2/oauth/authorize",
  tokenEndpoint: "https://anilist.co/api/v2/oauth/token",
  account: {
    endpoint: "https://graphql.anilist.co",
    method: "POST",
    body: { query: "{ Viewer { id name } }" },
    idPath: "data.Viewer.id",
    labelPath: "data.Viewer.name",
  },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  offlineAccess: null,
  accessTokenLifetimeSeconds: 31_536_000,
  defaultScopes: [],
  scopes: {},
});
