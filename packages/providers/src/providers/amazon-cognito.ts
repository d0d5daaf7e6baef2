/**
 * Amazon Cognito user pools: `domain` is the host of the pool's domain, such as acme.auth.eu-central-1.amazoncognito.com.
 */
import { provider, scopesLike } from "../provider.ts";

export const amazonCognito = provider({
  id: "amazon-cognito",
  name: "Amazon Cognito",
  docsUrl: "https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html",
  scopesDocsUrl: "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html",
  registration: {
    url: "https://console.aws.amazon.com/cognito/v2/idp/user-pools",
    steps: "The user pool, App clients: allow the authorization code grant, the callback URL and each scope",
  },
  confidence: "medium",
  authorizationEndpoint: "https://{domain}/oauth2/authorize",
  tokenEndpoint: "https://{domain}/oauth2/token",
  revocation: { endpoint: "https://{domain}/oauth2/revoke", ends: "grant" },
  account: { endpoint: "https://{domain}/oauth2/userInfo", idPath: "sub", labelPath: "email" },
  urlParameters: ["domain"],
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  accessTokenLifetimeSeconds: 3600,
  defaultScopes: ["openid", "email"],
  // Scopes of resource servers: their identifier, a slash, a name.
  openTo: [scopesLike<`${string}/${string}`>(/^[^/\s]+\/\S+$/)],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    phone: { description: "Read the user's phone number", sensitivity: "basic" },
    "aws.cognito.signin.user.admin": { description: "Use user-pool self-service APIs", sensitivity: "write" },
  },
  quirks: [
    "Lifetimes and rotation are settings of the app client: one hour and 30 days by default, counted from sign-in",
    "With rotation on, the token before works for up to 60 seconds more",
  ],
});
