/**
 * TickTick: a token lasts half a year and cannot be refreshed.
 */
import { provider } from "../provider.ts";

export const ticktick = provider({
  id: "ticktick",
  name: "TickTick",
  docsUrl: "https://developer.ticktick.com/docs#/openapi",
  scopesDocsUrl: "https://developer.ticktick.com/docs#/openapi",
  registration: { url: "https://developer.ticktick.com/manage", steps: "Manage apps, New app; OAuth redirect URL" },
  confidence: "low",
  authorizationEndpoint: "https://ticktick.com/oauth/authorize",
  tokenEndpoint: "https://ticktick.com/oauth/token",
  resourceHosts: ["api.ticktick.com"],
  clientAuthentication: "client_secret_basic",
  pkce: "unsupported",
  offlineAccess: null,
  accessTokenLifetimeSeconds: 15_552_000,
  defaultScopes: ["tasks:read"],
  scopes: {
    "tasks:read": { description: "Read tasks and projects", sensitivity: "read" },
    "tasks:write": { description: "Create and edit tasks and projects", sensitivity: "write" },
  },
  quirks: ["The API tells nothing of the account"],
});
