/**
 * Sign in with Apple: identity only. The client secret is a JWT signed with the team's key.
 */
import { provider } from "../provider.ts";

export const apple = provider({
  id: "apple",
  name: "Apple",
  docsUrl: "https://developer.apple.com/documentation/signinwithapplerestapi",
  scopesDocsUrl:
    "https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server.",
  registration: {
    url: "https://developer.apple.com/account/resources/identifiers/list/serviceId",
    steps: "Identifiers, a Services ID with Sign in with Apple; Keys, a key for it; sign the client secret with that key",
  },
  confidence: "high",
  issuer: "https://appleid.apple.com",
  authorizationEndpoint: "https://appleid.apple.com/auth/authorize",
  tokenEndpoint: "https://appleid.apple.com/auth/token",
  revocation: { endpoint: "https://appleid.apple.com/auth/revoke", ends: "account" },
  idToken: { jwksUri: "https://appleid.apple.com/auth/keys" },
  accountIn: { source: "id_token", idPath: "sub", labelPath: "email" },
  clientAuthentication: "client_secret_post",
  clientSecretFormat: "jwt",
  pkce: "unsupported",
  // Refused otherwise where name or email is asked for: the response then is a POST.
  authorizationParameters: { response_mode: "form_post" },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "none" },
  defaultScopes: ["email"],
  scopes: {
    name: { description: "Read the name (first authorization only)", sensitivity: "basic" },
    email: { description: "Read the email or relay address", sensitivity: "basic" },
    openid: { description: "Issue an id token", sensitivity: "basic" },
  },
  quirks: [
    "The client secret lasts six months at most",
    "The user's name comes once, in the first callback's body",
    "Apple asks to check a refresh token no more than once a day",
  ],
});
