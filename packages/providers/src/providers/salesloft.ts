/**
 * Salesloft: scopes are those of the app.
 */
import { provider } from "../provider.ts";

export const salesloft = provider({
  id: "salesloft",
  name: "Salesloft",
  docsUrl: "https://developers.salesloft.com/docs/platform/api-basics/oauth-authentication/",
  scopesDocsUrl: "https://developers.salesloft.com/docs/platform/api-basics/oauth-authentication/",
  registration: {
    url: "https://accounts.salesloft.com/oauth/applications",
    steps: "Your applications, OAuth applications, Create; redirect URI",
  },
  confidence: "low",
  issuer: "https://accounts.salesloft.com",
  authorizationEndpoint: "https://accounts.salesloft.com/oauth/authorize",
  tokenEndpoint: "https://accounts.salesloft.com/oauth/token",
  account: { endpoint: "https://api.salesloft.com/v2/me", idPath: "data.id", labelPath: "data.email" },
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  scopeSentWith: [],
  accessTokenLifetimeSeconds: 7200,
  rotation: { mode: "strict" },
  defaultScopes: [],
  scopes: {
    openid: { description: "Sign in with OpenID Connect", sensitivity: "basic" },
    "system:all": { description: "Full access", sensitivity: "admin" },
    "external_emails:create": { description: "Create external emails", sensitivity: "write" },
  },
});
