/**
 * What has happened to the signed-in user's connections.
 */
import { useEvergrant } from "@evergrant/react";
import { useQuery } from "@tanstack/react-query";

export function useEvents() {
  const { api } = useEvergrant();
  // Fetched anew whenever one comes: the provider follows their stream.
  return useQuery(api.events.list.queryOptions({ order: "newest_first", limit: 8 }));
}
