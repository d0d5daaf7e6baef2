/**
 * PayPal: Log in with PayPal.
 */
import { provider } from "../provider.ts";

export const paypal = provider({
  id: "paypal",
  name: "PayPal",
  docsUrl: "https://developer.paypal.com/docs/log-in-with-paypal/integrate/",
  scopesDocsUrl: "https://developer.paypal.com/docs/log-in-with-paypal/integrate/reference/",
  registration: {
    url: "https://developer.paypal.com/dashboard/applications",
    steps: "Apps and credentials, Create app; Log in with PayPal: return URL and what may be read",
  },
  confidence: "medium",
  issuer: "https://www.paypal.com",
  authorizationEndpoint: "https://www.paypal.com/signin/authorize",
  tokenEndpoint: "https://api-m.paypal.com/v1/oauth2/token",
  account: {
    endpoint: "https://api-m.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1",
    idPath: "user_id",
    labelPath: "emails.0.value",
  },
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  accessTokenLifetimeSeconds: 28_800,
  rotation: { mode: "none" },
  defaultScopes: ["openid", "email"],
  scopes: {
    openid: { description: "Sign the user in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read basic profile information", sensitivity: "basic" },
    email: { description: "Read the user's email address", sensitivity: "basic" },
    address: { description: "Read the user's postal address", sensitivity: "basic" },
    phone: { description: "Read the user's phone number", sensitivity: "basic" },
    "https://uri.paypal.com/services/paypalattributes": { description: "Read account status and verification", sensitivity: "basic" },
    "https://uri.paypal.com/services/expresscheckout": { description: "Express Checkout with seamless login", sensitivity: "write" },
    "https://uri.paypal.com/services/payments/futurepayments": { description: "Create future payments", sensitivity: "write" },
    "https://uri.paypal.com/services/wallet/sendmoney": { description: "Send money from the wallet", sensitivity: "write" },
    "https://uri.paypal.com/services/invoicing": { description: "Manage invoices", sensitivity: "write" },
    "https://uri.paypal.com/services/reporting/search/read": { description: "Search transactions", sensitivity: "read" },
  },
  quirks: [
    "The sandbox has hosts of its own: www.sandbox.paypal.com and api-m.sandbox.paypal.com",
    "Each scope must be switched on for the app",
  ],
});
