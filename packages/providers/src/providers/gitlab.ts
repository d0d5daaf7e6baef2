/**
 * GitLab, gitlab.com or self-managed: `host` is the bare host name, with a port if need be.
 */
import { provider, scopesLike } from "../provider.ts";

export const gitlab = provider({
  id: "gitlab",
  name: "GitLab",
  docsUrl: "https://docs.gitlab.com/api/oauth2/",
  scopesDocsUrl: "https://docs.gitlab.com/integration/oauth_provider/#view-all-authorized-applications",
  registration: {
    url: "https://{host}/-/user_settings/applications",
    steps: "User settings, Applications, Add new application: confidential; redirect URI; tick each scope",
  },
  confidence: "high",
  issuer: "https://{host}",
  authorizationEndpoint: "https://{host}/oauth/authorize",
  tokenEndpoint: "https://{host}/oauth/token",
  revocation: { endpoint: "https://{host}/oauth/revoke", ends: "grant" },
  // Not the userinfo endpoint: that one wants `openid`, and `read_user` is the default.
  account: { endpoint: "https://{host}/api/v4/user", idPath: "id", labelPath: "username" },
  tokenRefusals: [{ status: 401, member: "error", codes: ["invalid_token"] }],
  urlParameters: ["host"],
  clientAuthentication: "client_secret_post",
  pkce: "supported",
  accessTokenLifetimeSeconds: 7200,
  rotation: { mode: "strict" },
  refreshEndsAccessToken: true,
  defaultScopes: ["read_user"],
  // A user's own scopes, named by number.
  openTo: [scopesLike<`user:${string}`>(/^user:.+$/)],
  scopes: {
    api: { description: "Full read and write access to the API", sensitivity: "write", implies: ["read_api"] },
    read_api: { description: "Read access to the API", sensitivity: "read", implies: ["read_user"] },
    read_user: { description: "Read the authenticated user's profile", sensitivity: "basic" },
    create_runner: { description: "Create runners", sensitivity: "write" },
    manage_runner: { description: "Manage runners", sensitivity: "write" },
    k8s_proxy: { description: "Call the Kubernetes API through the agent", sensitivity: "write" },
    read_repository: { description: "Read private repositories over Git or the files API", sensitivity: "read" },
    write_repository: { description: "Push to private repositories over Git", sensitivity: "write", implies: ["read_repository"] },
    read_registry: { description: "Read container registry images", sensitivity: "read" },
    write_registry: { description: "Write container registry images", sensitivity: "write" },
    read_virtual_registry: { description: "Read dependency proxy and virtual registry images", sensitivity: "read" },
    write_virtual_registry: {
      description: "Read, write and delete virtual registry images",
      sensitivity: "write",
      implies: ["read_virtual_registry"],
    },
    read_observability: { description: "Read GitLab Observability", sensitivity: "read" },
    write_observability: { description: "Write to GitLab Observability", sensitivity: "write" },
    ai_features: { description: "Call GitLab Duo APIs", sensitivity: "write" },
    ai_workflows: { description: "Run GitLab Duo agent workflows", sensitivity: "write" },
    mcp: { description: "Use the GitLab MCP server", sensitivity: "write" },
    mcp_orbit: { description: "Use the Orbit MCP server", sensitivity: "write" },
    self_rotate: { description: "Let a token rotate itself", sensitivity: "write" },
    sudo: { description: "Act as any user when the authorizer is an admin", sensitivity: "admin" },
    admin_mode: { description: "Act as an administrator with Admin Mode on", sensitivity: "admin" },
    read_service_ping: { description: "Download Service Ping payloads (admin)", sensitivity: "read" },
    openid: { description: "Sign in with OpenID Connect", sensitivity: "basic" },
    profile: { description: "Read profile data via OpenID Connect", sensitivity: "basic" },
    email: { description: "Read the primary email via OpenID Connect", sensitivity: "basic" },
  },
  quirks: ["Older self-managed versions send no expires_in; a token then lasts two hours"],
});
