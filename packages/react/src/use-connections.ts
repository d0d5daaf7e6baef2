/**
 * The signed-in subject's connections, kept up to date.
 */
import type { ConnectionView } from "@evergrant/schema";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useHeld } from "./evergrant-context.ts";
import { type ApiError, isWorthRetrying } from "./queries.ts";
import type { IntegrationId } from "./register.ts";

/** As many as one page of the server's may hold. */
const limit = 200;

/** Options of every query here: one list for all, of which each takes its part. */
export function useConnectionsQuery<T>(select: (connections: readonly ConnectionView[]) => T, refetchInterval: number | false = false) {
  const { api } = useHeld();
  return useQuery({
    ...api.connections.list.queryOptions({ limit }),
    retry: isWorthRetrying,
    refetchInterval,
    select: ({ connections }) => select(connections.filter(({ status }) => status !== "disconnected")),
  });
}

/** All of them, or those at one integration, the newest first; without those that were disconnected. */
export function useConnections(
  filter: { readonly integration?: IntegrationId | undefined } = {},
): UseQueryResult<ConnectionView[], ApiError> {
  const { integration } = filter;
  return useConnectionsQuery((connections) => connections.filter((each) => integration === undefined || each.integration === integration));
}
