/**
 * Stripe Connect, standard accounts. The client secret is the platform's secret key.
 */
import { provider } from "../provider.ts";

export const stripe = provider({
  id: "stripe",
  name: "Stripe Connect",
  docsUrl: "https://docs.stripe.com/connect/oauth-standard-accounts",
  scopesDocsUrl: "https://docs.stripe.com/connect/oauth-reference",
  registration: {
    url: "https://dashboard.stripe.com/settings/connect/onboarding-options/oauth",
    steps: "Connect settings, Onboarding options, OAuth: enable it, redirect URIs, the client id of live or test mode",
  },
  confidence: "high",
  authorizationEndpoint: "https://connect.stripe.com/oauth/authorize",
  tokenEndpoint: "https://connect.stripe.com/oauth/token",
  revocation: {
    endpoint: "https://connect.stripe.com/oauth/deauthorize",
    method: "request",
    request: {
      parameters: { client_id: "{clientId}", stripe_user_id: "{token.stripe_user_id}" },
      headers: { Authorization: "Bearer {clientSecret}" },
    },
    ends: "account",
  },
  accountIn: { source: "token_response", idPath: "stripe_user_id", labelPath: "stripe_user_id" },
  resourceHosts: ["api.stripe.com", "files.stripe.com"],
  clientAuthentication: "client_secret_post",
  pkce: "unsupported",
  captures: { token: ["stripe_user_id", "livemode", "stripe_publishable_key"] },
  rotation: { mode: "none" },
  defaultScopes: ["read_only"],
  scopes: {
    read_only: { description: "Read the connected account", sensitivity: "read" },
    read_write: { description: "Read and write the connected account", sensitivity: "write", implies: ["read_only"] },
  },
  quirks: ["A token does not expire", "Platforms that are no extensions are expected to ask for read_write"],
});
