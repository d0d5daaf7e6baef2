/**
 * A connection as callers see it: never a token.
 */
import type { ConnectionView } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { ConnectionRow, ConnectionWithExpiry } from "./connection-reads-store.ts";
import type { Integration } from "./integrations.ts";

export async function viewConnection(authority: Authority, { connection, expiresAt }: ConnectionWithExpiry): Promise<ConnectionView> {
  const integration = await authority.integrations.find(connection.integrationId);
  const missing = (of: (declared: Integration) => readonly string[]) =>
    integration === null ? [] : authority.integrations.missingScopes(integration, of(integration), connection.grantedScopes);
  return {
    id: connection.id,
    integration: connection.integrationId,
    subject: connection.subject,
    status: connection.status,
    reason: connection.reason,
    account: connection.accountId === null ? null : { id: connection.accountId, label: connection.accountLabel },
    requestedScopes: [...connection.requestedScopes],
    grantedScopes: [...connection.grantedScopes],
    missingScopes: missing((declared) => declared.scopes),
    missingOptionalScopes: missing((declared) => declared.optionalScopes),
    expiresAt: expiresAt?.toISOString() ?? null,
    reconnectBy: reconnectBy(authority, integration, connection),
    captured: { ...connection.captured.callback, ...connection.captured.token },
    createdAt: connection.createdAt.toISOString(),
    updatedAt: connection.updatedAt.toISOString(),
  };
}

/** By when a connection's owner must authorize again, in ISO 8601; null where the provider sets no such end, or the connection is over. */
export function reconnectBy(
  authority: Authority,
  integration: Integration | null,
  { grantedAt, status }: Pick<ConnectionRow, "grantedAt" | "status">,
): string | null {
  if (integration === null || status === "disconnected") return null;
  return authority.integrations.reconnectBy(integration, grantedAt)?.toISOString() ?? null;
}
