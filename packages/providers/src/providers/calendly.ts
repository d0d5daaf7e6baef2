/**
 * Calendly.
 */
import { provider } from "../provider.ts";

export const calendly = provider({
  id: "calendly",
  name: "Calendly",
  docsUrl: "https://developer.calendly.com/getting-started-with-oauth",
  scopesDocsUrl: "https://developer.calendly.com/scopes",
  registration: {
    url: "https://developer.calendly.com/console/apps",
    steps: "Console, Create new app; production or sandbox; redirect URI; scopes",
  },
  confidence: "medium",
  authorizationEndpoint: "https://auth.calendly.com/oauth/authorize",
  tokenEndpoint: "https://auth.calendly.com/oauth/token",
  revocation: { endpoint: "https://auth.calendly.com/oauth/revoke", ends: "grant" },
  account: { endpoint: "https://api.calendly.com/users/me", idPath: "resource.uri", labelPath: "resource.email" },
  clientAuthentication: "client_secret_basic",
  pkce: "supported",
  captures: { token: ["owner", "organization"] },
  accessTokenLifetimeSeconds: 7200,
  rotation: { mode: "strict" },
  defaultScopes: ["users:read"],
  scopes: {
    "activity_log:read": { description: "Read activity log", sensitivity: "read" },
    "availability:read": { description: "Read availability", sensitivity: "read" },
    "availability:write": { description: "Create and edit availability", sensitivity: "write" },
    "data_compliance:write": { description: "Create and edit data compliance", sensitivity: "admin" },
    "event_types:read": { description: "Read event types", sensitivity: "read" },
    "event_types:write": { description: "Create and edit event types", sensitivity: "write" },
    "groups:read": { description: "Read groups", sensitivity: "read" },
    "locations:read": { description: "Read locations", sensitivity: "read" },
    "organizations:read": { description: "Read organizations", sensitivity: "read" },
    "organizations:write": { description: "Create and edit organizations", sensitivity: "admin" },
    "outgoing_communications:read": { description: "Read outgoing communications", sensitivity: "read" },
    "routing_forms:read": { description: "Read routing forms", sensitivity: "read" },
    "scheduled_events:read": { description: "Read scheduled events", sensitivity: "read" },
    "scheduled_events:write": { description: "Create and edit scheduled events", sensitivity: "write" },
    "scheduling_links:write": { description: "Create and edit scheduling links", sensitivity: "write" },
    "shares:write": { description: "Create and edit shares", sensitivity: "write" },
    "users:read": { description: "Read users", sensitivity: "basic" },
    "webhooks:read": { description: "Read webhooks", sensitivity: "read" },
    "webhooks:write": { description: "Create and edit webhooks", sensitivity: "write" },
  },
  quirks: ["Apps from before there were scopes have full access"],
});
