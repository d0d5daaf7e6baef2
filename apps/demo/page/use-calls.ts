/**
 * Calls of the API, one every few seconds, and how the last of them went.
 */
import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import type { Backend } from "./backend.ts";
import { useBackend } from "./backend-context.ts";

export interface Call {
  /** `ok`, or why there was no answer, such as `reauthorization_required`. */
  readonly outcome: string;
  readonly httpStatus: number;
  /** Which of the connection's token sets it was made with; null where there was none. */
  readonly generation: number | null;
  readonly ms: number;
  readonly notes: readonly string[] | null;
}

const everyMs = 3_000;
const most = 30;

/** The last calls, the newest at the end; with `isRepeated` one is made every few seconds. */
export function useCalls(connectionId: string, { isActive, isRepeated }: { isActive: boolean; isRepeated: boolean }) {
  const options = callsOf(useBackend(), connectionId);
  return useQuery({ ...options, enabled: isActive, refetchInterval: isRepeated && everyMs, staleTime: everyMs });
}

export function callAgain(queryClient: QueryClient): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ["calls"] });
}

function callsOf(backend: Backend, connectionId: string) {
  return queryOptions({
    queryKey: ["calls", connectionId],
    retry: false,
    queryFn: async ({ client, queryKey }) => {
      const before = client.getQueryData<readonly Call[]>(queryKey) ?? [];
      return [...before, await call(backend)].slice(-most);
    },
  });
}

async function call(backend: Backend): Promise<Call> {
  const startedAt = performance.now();
  const response = await backend.ask("/api/notes");
  const answer = (await response.json()) as { notes?: readonly string[]; error?: string };
  const generation = response.headers.get("x-token-generation");
  return {
    outcome: response.ok ? "ok" : (answer.error ?? "failed"),
    httpStatus: response.status,
    generation: generation === null ? null : Number(generation),
    ms: Math.round(performance.now() - startedAt),
    notes: answer.notes ?? null,
  };
}
