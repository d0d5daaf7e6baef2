/**
 * The client's own errors, which TanStack Query gets wrapped in one of tRPC's.
 */

/** What a call threw, whichever way it came. */
export function ownErrorOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.name === "TRPCClientError" ? thrown.cause : thrown;
}
