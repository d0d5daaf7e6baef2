/**
 * A connection as callers see it: never a token.
 */
import type { ConnectionView } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { ConnectionWithExpiry } from "./connections-store.ts";

export async function viewConnection(authority: Authority, { connection, expiresAt }: ConnectionWithExpiry): Promise<ConnectionView> {
  const integration = await authority.integrations.find(connection.integrationId);
  return {
    id: connection.id,
    integration: connection.integrationId,
    subject: connection.subject,
    status: connection.status,
    reason: connection.reason,
    account: connection.accountId === null ? null : { id: connection.accountId, label: connection.accountLabel },
    requestedScopes: [...connection.requestedScopes],
    grantedScopes: [...connection.grantedScopes],
    missingScopes:
      integration === null ? [] : authority.integrations.missingScopes(integration, integration.scopes, connection.grantedScopes),
    expiresAt: expiresAt?.toISOString() ?? null,
    reconnectBy:
      integration === null ? null : (authority.integrations.reconnectBy(integration, connection.grantedAt)?.toISOString() ?? null),
    captured: { ...connection.captured.callback, ...connection.captured.token },
    createdAt: connection.createdAt.toISOString(),
    updatedAt: connection.updatedAt.toISOString(),
  };
}
