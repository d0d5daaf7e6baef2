/**
 * Front: what a token may do is set on the app as features.
 */
import { provider } from "../provider.ts";

export const front = provider({
  id: "front",
  name: "Front",
  docsUrl: "https://dev.frontapp.com/docs/oauth",
  scopesDocsUrl: "https://dev.frontapp.com/docs/scopes",
  registration: {
    url: "https://app.frontapp.com/settings/developers/apps",
    steps: "Settings, Developers, Apps, Create; Features, OAuth: redirect URLs and permissions",
  },
  confidence: "low",
  authorizationEndpoint: "https://app.frontapp.com/oauth/authorize",
  tokenEndpoint: "https://app.frontapp.com/oauth/token",
  account: { endpoint: "https://api2.frontapp.com/me", idPath: "id", labelPath: "name" },
  resourceHosts: ["*.api.frontapp.com"],
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  tokenFields: { expiresAt: "expires_at" },
  accessTokenLifetimeSeconds: 3600,
  grantLifetimeSeconds: 15_552_000,
  rotation: { mode: "none" },
  defaultScopes: [],
  scopes: {},
  quirks: ["A refresh token lasts about six months"],
});
