/**
 * Hugging Face.
 */
import { provider } from "../provider.ts";

export const huggingface = provider({
  id: "huggingface",
  name: "Hugging Face",
  docsUrl: "https://huggingface.co/docs/hub/oauth",
  scopesDocsUrl: "https://huggingface.co/docs/hub/oauth#currently-supported-scopes",
  registration: {
    url: "https://huggingface.co/settings/applications/new",
    steps: "Settings, Connected Apps, Create App; redirect URLs; scopes",
  },
  confidence: "medium",
  issuer: "https://huggingface.co",
  authorizationEndpoint: "https://huggingface.co/oauth/authorize",
  tokenEndpoint: "https://huggingface.co/oauth/token",
  account: { endpoint: "https://huggingface.co/oauth/userinfo", idPath: "sub", labelPath: "preferred_username" },
  resourceHosts: ["router.huggingface.co", "datasets-server.huggingface.co"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  offlineAccess: null,
  accessTokenLifetimeSeconds: 28_800,
  defaultScopes: ["openid", "profile"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    "read-billing": { description: "Read whether a payment method is set", sensitivity: "read" },
    "read-repos": { description: "Read personal repositories", sensitivity: "read" },
    "contribute-repos": { description: "Create repositories and edit those made by the app", sensitivity: "write" },
    "write-repos": { description: "Read and write personal repositories", sensitivity: "write", implies: ["read-repos"] },
    "manage-repos": {
      description: "Full repository access including settings and deletion",
      sensitivity: "admin",
      implies: ["write-repos"],
    },
    "read-collections": { description: "Read collections", sensitivity: "read" },
    "write-collections": { description: "Create and edit collections", sensitivity: "write", implies: ["read-collections"] },
    "inference-api": { description: "Call inference providers for the user", sensitivity: "write" },
    jobs: { description: "Run jobs", sensitivity: "write" },
    webhooks: { description: "Manage webhooks", sensitivity: "write" },
    "write-discussions": { description: "Open discussions and pull requests", sensitivity: "write" },
    "gated-repos": { description: "Read gated repositories the user may access", sensitivity: "read" },
  },
  quirks: ["Refresh tokens are not documented for ordinary apps", "orgIds in the authorization request asks for one organization"],
});
