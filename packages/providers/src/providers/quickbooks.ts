/**
 * QuickBooks Online (Intuit): a grant is one company's, which the callback names as realmId.
 */
import { provider } from "../provider.ts";

export const quickbooks = provider({
  id: "quickbooks",
  name: "QuickBooks Online (Intuit)",
  docsUrl: "https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0",
  scopesDocsUrl: "https://developer.intuit.com/app/developer/qbo/docs/learn/scopes",
  registration: {
    url: "https://developer.intuit.com/app/developer/dashboard",
    steps: "Dashboard, Create an app; scopes; Keys and credentials: redirect URIs; production after a questionnaire",
  },
  confidence: "high",
  issuer: "https://oauth.platform.intuit.com/op/v1",
  authorizationEndpoint: "https://appcenter.intuit.com/connect/oauth2",
  tokenEndpoint: "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
  revocation: { endpoint: "https://developer.api.intuit.com/v2/oauth2/tokens/revoke", ends: "grant" },
  accountIn: { source: "callback", idPath: "realmId", labelPath: "realmId" },
  resourceHosts: ["quickbooks.api.intuit.com", "sandbox-quickbooks.api.intuit.com", "accounts.platform.intuit.com"],
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  captures: { callback: ["realmId"] },
  tokenFields: { refreshTokenExpiresIn: "x_refresh_token_expires_in" },
  accessTokenLifetimeSeconds: 3600,
  refreshTokenLifetimeSeconds: 8_726_400,
  grantLifetimeSeconds: 157_680_000,
  // The value changes about once a day, and the one before is then good for a while.
  rotation: { mode: "unknown" },
  defaultScopes: ["com.intuit.quickbooks.accounting"],
  scopes: {
    "com.intuit.quickbooks.accounting": { description: "Read and write QuickBooks Online accounting data", sensitivity: "write" },
    "com.intuit.quickbooks.payment": { description: "Process payments", sensitivity: "write" },
    openid: { description: "Sign in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read the user's name", sensitivity: "basic" },
    email: { description: "Read the user's email", sensitivity: "basic" },
    phone: { description: "Read the user's phone number", sensitivity: "basic" },
    address: { description: "Read the user's address", sensitivity: "basic" },
    "payroll.compensation.read": { description: "Read payroll compensation", sensitivity: "read" },
    "project-management.project": { description: "Read and write projects", sensitivity: "write" },
    "time-tracking.time-entry": { description: "Read and write time entries", sensitivity: "write" },
    "app-foundations.custom-dimensions.read": { description: "Read custom dimensions", sensitivity: "read" },
    "app-foundations.custom-field-definitions": { description: "Manage custom field definitions", sensitivity: "write" },
    "app-foundations.custom-field-definitions.read": { description: "Read custom field definitions", sensitivity: "read" },
    "indirect-tax.tax-calculation.quickbooks": { description: "Calculate sales tax", sensitivity: "read" },
  },
  quirks: ["There is no accounting scope that only reads", "API calls name the company: /v3/company/ and realmId"],
});
