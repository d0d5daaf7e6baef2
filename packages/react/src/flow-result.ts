/**
 * How a flow ended, as the browser carries it (design 3.4): in a message of Evergrant's page, or in the URL of the app's own.
 */
import type { FlowError } from "@evergrant/schema";

export type FlowResult =
  | { readonly status: "connected"; readonly connectionId: string }
  | { readonly status: "unconfirmed"; readonly connectionId: string; readonly confirmation: string }
  | { readonly status: "failed"; readonly error: FlowError };

/** The names that it has in a URL. */
export const resultFields = ["connection", "status", "error", "confirmation"] as const;

/** Null where these fields tell of no flow. */
export function readFlowResult(fields: Readonly<Partial<Record<(typeof resultFields)[number], unknown>>>): FlowResult | null {
  const { connection, status, error, confirmation } = fields;
  if (status === "failed" && typeof error === "string") return { status, error: error as FlowError };
  if (typeof connection !== "string" || !connection.startsWith("con_")) return null;
  if (status === "connected") return { status, connectionId: connection };
  if (status === "unconfirmed" && typeof confirmation === "string") return { status, connectionId: connection, confirmation };
  return null;
}
