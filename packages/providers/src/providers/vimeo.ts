/**
 * Vimeo.
 */
import { provider } from "../provider.ts";

export const vimeo = provider({
  id: "vimeo",
  name: "Vimeo",
  docsUrl: "https://developer.vimeo.com/api/authentication",
  scopesDocsUrl: "https://developer.vimeo.com/api/authentication#supported-scopes",
  registration: { url: "https://developer.vimeo.com/apps", steps: "My apps, Create an app; callback URLs; upload access on request" },
  confidence: "medium",
  authorizationEndpoint: "https://api.vimeo.com/oauth/authorize",
  tokenEndpoint: "https://api.vimeo.com/oauth/access_token",
  revocation: { endpoint: "https://api.vimeo.com/tokens", method: "bearer", httpMethod: "DELETE", ends: "token" },
  account: {
    endpoint: "https://api.vimeo.com/me",
    headers: { Accept: "application/vnd.vimeo.*+json;version=3.4" },
    idPath: "uri",
    labelPath: "name",
  },
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  offlineAccess: null,
  defaultScopes: ["public"],
  scopes: {
    public: { description: "Read public data (default)", sensitivity: "basic" },
    private: { description: "Read private data", sensitivity: "read" },
    purchased: { description: "Read purchase history", sensitivity: "read" },
    create: { description: "Create showcases, groups and more", sensitivity: "write" },
    edit: { description: "Edit existing resources", sensitivity: "write" },
    delete: { description: "Delete resources", sensitivity: "write" },
    interact: { description: "Like, comment and follow", sensitivity: "write" },
    upload: { description: "Upload videos", sensitivity: "write" },
    stats: { description: "Read statistics", sensitivity: "read" },
    promo_codes: { description: "Manage promo codes", sensitivity: "write" },
    video_files: { description: "Read video file links", sensitivity: "read" },
  },
  quirks: ["A token does not expire"],
});
