/**
 * Redirect URIs: built from the configured `publicUrl`, never from a request's Host header (RFC 9700 §4.1).
 */
import type { Authority } from "./authority.ts";
import type { Integration } from "./integrations.ts";

/** The path below `publicUrl` where an integration's authorization responses arrive. */
function redirectPathOf(integration: Pick<Integration, "id" | "redirectPath">): string {
  return integration.redirectPath ?? `/oauth/callback/${integration.id}`;
}

/** What is to be registered with the provider, exactly. */
export function redirectUriOf(authority: Pick<Authority, "publicUrl">, integration: Pick<Integration, "id" | "redirectPath">): string {
  return `${authority.publicUrl}${redirectPathOf(integration)}`;
}
