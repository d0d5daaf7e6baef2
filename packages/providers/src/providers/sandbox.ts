/**
 * The sandbox: an authorization server on this machine for quickstarts and tests. `port` is where it listens.
 */
import { provider } from "../provider.ts";

export const sandbox = provider({
  id: "sandbox",
  name: "Sandbox",
  docsUrl: "https://github.com/panva/node-oidc-provider",
  scopesDocsUrl: null,
  confidence: "high",
  issuer: "http://127.0.0.1:{port}",
  issParameter: true,
  authorizationEndpoint: "http://127.0.0.1:{port}/auth",
  tokenEndpoint: "http://127.0.0.1:{port}/token",
  revocation: { endpoint: "http://127.0.0.1:{port}/token/revocation", ends: "grant" },
  account: { endpoint: "http://127.0.0.1:{port}/me", idPath: "id", labelPath: "email" },
  idToken: { jwksUri: "http://127.0.0.1:{port}/jwks" },
  accountIn: { source: "id_token", idPath: "sub", labelPath: "email" },
  urlParameters: ["port"],
  clientAuthentication: "client_secret_basic",
  pkce: "required",
  // Without `prompt=consent` the server drops the scope (OpenID Connect Core 1.0 §11).
  offlineAccess: { scopes: ["offline_access"], parameters: { prompt: "consent" } },
  rotation: { mode: "strict" },
  defaultScopes: ["notes:read"],
  scopes: {
    openid: { description: "Sign in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read the name", sensitivity: "basic" },
    email: { description: "Read the email address", sensitivity: "basic" },
    offline_access: { description: "Issue a refresh token", sensitivity: "basic" },
    "notes:read": { description: "Read notes", sensitivity: "read" },
    "notes:write": { description: "Create, edit and delete notes", sensitivity: "write" },
  },
});
