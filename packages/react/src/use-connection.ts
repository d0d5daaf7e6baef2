/**
 * The signed-in subject's connection at one integration.
 */
import type { ConnectionView } from "@evergrant/schema";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "./queries.ts";
import type { IntegrationId } from "./register.ts";
import { useConnectionsQuery } from "./use-connections.ts";

/** Which connection, where a subject may have several at an integration. */
export interface WhichConnection {
  /** Left out: the newest one that works, else the newest. */
  readonly connectionId?: string | undefined;
}

/** `data` is null where there is none, or it was disconnected. */
export function useConnection(integration: IntegrationId, which: WhichConnection = {}): UseQueryResult<ConnectionView | null, ApiError> {
  return useConnectionsQuery((connections) => pickConnection(connections, integration, which));
}

export function pickConnection(
  connections: readonly ConnectionView[],
  integration: string,
  { connectionId }: WhichConnection,
): ConnectionView | null {
  const own = connections.filter((each) => each.integration === integration);
  if (connectionId !== undefined) return own.find(({ id }) => id === connectionId) ?? null;
  return own.find(({ status }) => status === "active") ?? own[0] ?? null;
}
