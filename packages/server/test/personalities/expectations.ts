/**
 * What each personality must bring about: the request that its provider wants, and what Evergrant makes of its answers.
 */
import type { PersonalityId } from "@evergrant/sandbox";

export interface Expectation {
  readonly id: PersonalityId;
  /** Parameters of the authorization request that are this provider's own. */
  readonly request: Readonly<Record<string, string>>;
  /** Whether a code challenge goes with it. */
  readonly pkce: boolean;
  /** The granted scopes, as the provider names them. */
  readonly granted: readonly string[];
  /** What is kept beside the tokens; a documented URL stands for where it is served. */
  readonly captured: Readonly<Record<string, string>>;
  /**
   * `refresh`: by a refresh token, before expiry. `renewal`: the access token renews itself. `on_refusal`: nobody says when a token
   * expires, so by a refresh token once an API has refused it. `never`: it does not expire.
   */
  readonly kept: "refresh" | "renewal" | "on_refusal" | "never";
  /** Where that request goes. */
  readonly renewedAt: string;
  readonly revocation: "revoked" | "unsupported";
  /** What of the grant is left at the provider afterwards. */
  readonly leaves: "nothing" | "grant";
}

const spaced = { pkce: true, captured: {}, kept: "refresh", revocation: "revoked", leaves: "nothing" } as const;

export const expectations: readonly Expectation[] = [
  {
    ...spaced,
    id: "github",
    request: { scope: "read:user user:email" },
    granted: ["read:user", "user:email"],
    kept: "never",
    renewedAt: "",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "github-app",
    request: {},
    granted: [],
    renewedAt: "POST https://github.com/login/oauth/access_token",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "slack",
    request: { scope: "users:read,channels:read" },
    granted: ["users:read", "channels:read"],
    captured: { "team.id": "T9TK3CUKW", bot_user_id: "U0KRQLJ9H" },
    renewedAt: "POST https://slack.com/api/oauth.v2.access",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "slack-user",
    request: { user_scope: "users:read,channels:read" },
    granted: ["users:read", "channels:read"],
    captured: { "team.id": "T9TK3CUKW" },
    renewedAt: "POST https://slack.com/api/oauth.v2.access",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "withings",
    request: { scope: "user.info,user.metrics" },
    pkce: false,
    granted: ["user.info", "user.metrics"],
    captured: { userid: "363" },
    renewedAt: "POST https://wbsapi.withings.net/v2/oauth2",
    revocation: "unsupported",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "hubspot",
    request: { scope: "oauth crm.objects.contacts.read" },
    pkce: false,
    granted: ["oauth", "crm.objects.contacts.read"],
    renewedAt: "POST https://api.hubapi.com/oauth/2026-03/token",
  },
  {
    ...spaced,
    id: "facebook",
    request: { scope: "public_profile,email" },
    pkce: false,
    granted: ["public_profile", "email"],
    kept: "renewal",
    renewedAt: "GET https://graph.facebook.com/v25.0/oauth/access_token",
  },
  {
    ...spaced,
    id: "instagram",
    request: { scope: "instagram_business_basic,instagram_business_manage_comments" },
    pkce: false,
    granted: ["instagram_business_basic", "instagram_business_manage_comments"],
    kept: "renewal",
    renewedAt: "GET https://graph.instagram.com/refresh_access_token",
    revocation: "unsupported",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "salesforce",
    request: { scope: "id api refresh_token" },
    granted: ["id", "api", "refresh_token"],
    captured: { instance_url: "https://acme.my.salesforce.com", id: "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012345" },
    kept: "on_refusal",
    renewedAt: "POST https://login.salesforce.com/services/oauth2/token",
  },
  {
    ...spaced,
    id: "zoho",
    request: { scope: "AaaServer.profile.READ,ZohoCRM.modules.ALL", access_type: "offline", prompt: "consent" },
    granted: ["AaaServer.profile.READ", "ZohoCRM.modules.ALL"],
    captured: { location: "eu", "accounts-server": "https://accounts.zoho.eu", api_domain: "https://www.zohoapis.eu" },
    renewedAt: "POST https://accounts.zoho.eu/oauth/v2/token",
  },
  {
    ...spaced,
    id: "quickbooks",
    request: { scope: "com.intuit.quickbooks.accounting com.intuit.quickbooks.payment" },
    pkce: false,
    granted: ["com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment"],
    captured: { realmId: "1231434565226279" },
    renewedAt: "POST https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
  },
  {
    ...spaced,
    id: "shopify",
    request: { scope: "read_products,read_orders" },
    pkce: false,
    granted: ["read_products", "read_orders"],
    captured: { shop: "acme.myshopify.com" },
    renewedAt: "POST https://acme.myshopify.com/admin/oauth/access_token",
    revocation: "unsupported",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "tiktok",
    request: { scope: "user.info.basic,video.list", client_key: "evergrant-client" },
    granted: ["user.info.basic", "video.list"],
    captured: { open_id: "afd97af1-b87b-48b9" },
    renewedAt: "POST https://open.tiktokapis.com/v2/oauth/token/",
  },
  {
    ...spaced,
    id: "notion",
    request: { owner: "user" },
    pkce: false,
    granted: [],
    captured: { bot_id: "b0e3c1a2-bot", workspace_id: "8d4b9a5e" },
    kept: "on_refusal",
    renewedAt: "POST https://api.notion.com/v1/oauth/token",
  },
  {
    ...spaced,
    id: "figma",
    request: { scope: "current_user:read file_content:read" },
    granted: ["current_user:read", "file_content:read"],
    captured: { user_id: "930842" },
    renewedAt: "POST https://api.figma.com/v1/oauth/refresh",
    revocation: "unsupported",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "reddit",
    request: { scope: "identity read", duration: "permanent" },
    pkce: false,
    granted: ["identity", "read"],
    renewedAt: "POST https://www.reddit.com/api/v1/access_token",
  },
  {
    ...spaced,
    id: "zoom",
    request: { scope: "user:read:user meeting:read:meeting" },
    granted: ["user:read:user", "meeting:read:meeting"],
    captured: { api_url: "https://api.zoom.us" },
    renewedAt: "POST https://zoom.us/oauth/token",
  },
  {
    ...spaced,
    id: "microsoft",
    request: { scope: "openid profile email User.Read Mail.Read offline_access" },
    granted: ["openid", "profile", "email", "https://graph.microsoft.com/User.Read", "https://graph.microsoft.com/Mail.Read"],
    renewedAt: "POST https://login.microsoftonline.com/common/oauth2/v2.0/token",
    revocation: "unsupported",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "atlassian",
    request: { scope: "read:me read:jira-work offline_access", audience: "api.atlassian.com", prompt: "consent" },
    pkce: false,
    granted: ["read:me", "read:jira-work", "offline_access"],
    renewedAt: "POST https://auth.atlassian.com/oauth/token",
    revocation: "unsupported",
    leaves: "grant",
  },
  {
    ...spaced,
    id: "linear",
    request: { scope: "read,write" },
    granted: ["read", "write"],
    renewedAt: "POST https://api.linear.app/oauth/token",
  },
  {
    ...spaced,
    id: "dropbox",
    request: { scope: "account_info.read files.metadata.read", token_access_type: "offline" },
    granted: ["account_info.read", "files.metadata.read"],
    captured: { account_id: "dbid:AAH4f99T0taONIb" },
    renewedAt: "POST https://api.dropboxapi.com/oauth2/token",
  },
  {
    ...spaced,
    id: "google",
    request: { scope: "openid email profile", access_type: "offline", prompt: "consent" },
    granted: ["openid", "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/userinfo.profile"],
    renewedAt: "POST https://oauth2.googleapis.com/token",
  },
];
