/**
 * The one integration of this app, in words.
 */
import { useEvergrant } from "@evergrant/react";
import { useQuery } from "@tanstack/react-query";

export function useSandbox() {
  const { api } = useEvergrant();
  return useQuery({
    ...api.integrations.list.queryOptions(),
    staleTime: Infinity,
    select: (integrations) => integrations.find(({ id }) => id === "sandbox"),
  });
}
