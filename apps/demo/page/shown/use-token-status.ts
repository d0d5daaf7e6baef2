/**
 * What may be known of a token without holding it.
 */
import { useEvergrant } from "@evergrant/react";
import { useQuery } from "@tanstack/react-query";

export function useTokenStatus(connectionId: string) {
  const { api } = useEvergrant();
  return useQuery(api.tokens.status.queryOptions({ connectionId }));
}
