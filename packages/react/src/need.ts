/**
 * What a connection needs of its owner.
 */
import type { ConnectionView } from "@evergrant/schema";

/**
 * - `unknown`: nothing is known yet.
 * - `unavailable`: it could not be asked for; `problem` says why.
 * - `connect`: there is no connection.
 * - `reauthorize`: its grant has ended.
 * - `step_up`: it works, and lacks scopes.
 * - `nothing`: all is well.
 */
export type Need = "unknown" | "unavailable" | "connect" | "reauthorize" | "step_up" | "nothing";

export function needOf(connection: ConnectionView | null, scopes: readonly string[] | undefined): Exclude<Need, "unknown" | "unavailable"> {
  if (connection === null || connection.status === "disconnected") return "connect";
  if (connection.status === "reauthorization_required") return "reauthorize";
  return missingOf(connection, scopes).length > 0 ? "step_up" : "nothing";
}

/** Of these scopes, or else the integration's own, those that are not granted; the server knows which imply which. */
export function missingOf({ missingScopes, missingOptionalScopes }: ConnectionView, scopes: readonly string[] | undefined): string[] {
  return scopes === undefined ? missingScopes : [...missingScopes, ...missingOptionalScopes].filter((scope) => scopes.includes(scope));
}
