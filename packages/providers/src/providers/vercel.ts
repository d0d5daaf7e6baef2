/**
 * Sign in with Vercel.
 */
import { provider } from "../provider.ts";

export const vercel = provider({
  id: "vercel",
  name: "Vercel",
  docsUrl: "https://vercel.com/docs/sign-in-with-vercel",
  scopesDocsUrl: "https://vercel.com/docs/sign-in-with-vercel/scopes-and-permissions",
  registration: {
    url: "https://vercel.com/d?to=%2F%5Bteam%5D%2F~%2Fsettings%2Fapps",
    steps: "Team settings, Apps, Create; callback URLs; permissions; a client secret",
  },
  confidence: "medium",
  issuer: "https://vercel.com",
  authorizationEndpoint: "https://vercel.com/oauth/authorize",
  tokenEndpoint: "https://api.vercel.com/login/oauth/token",
  revocation: { endpoint: "https://api.vercel.com/login/oauth/token/revoke", ends: "grant" },
  account: { endpoint: "https://api.vercel.com/login/oauth/userinfo", idPath: "sub", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  pkce: "required",
  offlineAccess: { scopes: ["offline_access"] },
  accessTokenLifetimeSeconds: 3600,
  refreshTokenLifetimeSeconds: 2_592_000,
  rotation: { mode: "strict" },
  defaultScopes: ["openid", "profile", "email"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
  },
  quirks: ["Marketplace integrations have another flow, without scopes: https://api.vercel.com/v2/oauth/access_token"],
});
