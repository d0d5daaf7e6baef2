/**
 * What an integration is called.
 */
import { useQuery } from "@tanstack/react-query";
import { useHeld } from "./evergrant-context.ts";
import { isWorthRetrying } from "./queries.ts";

/** The name of its config, or its id until that is known. */
export function useIntegrationName(integration: string): string {
  const { api } = useHeld();
  const { data } = useQuery({
    ...api.integrations.list.queryOptions(),
    retry: isWorthRetrying,
    staleTime: Infinity,
    select: (integrations) => integrations.find(({ id }) => id === integration)?.name,
  });
  return data ?? integration;
}
