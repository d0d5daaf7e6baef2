/**
 * What can go wrong for a caller: one class, a closed union of codes, and their place in tRPC and HTTP.
 */
import type { ErrorCode } from "@evergrant/schema";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server";
import { StoreError } from "./store-error.ts";

export { describeError } from "@evergrant/schema";

/** A fault that a caller can act upon. The message names the field and the mend, and never a secret. */
export class EvergrantError extends Error {
  override readonly name = "EvergrantError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Every code's tRPC code; the compiler refuses a gap. */
export const trpcCode = {
  unknown_integration: "NOT_FOUND",
  unknown_connection: "NOT_FOUND",
  scope_not_declared: "BAD_REQUEST",
  return_origin_not_allowed: "BAD_REQUEST",
  opener_origin_not_allowed: "BAD_REQUEST",
  several_connections: "CONFLICT",
  confirmation_invalid: "NOT_FOUND",
  config_owned_by_file: "CONFLICT",
  not_adopted: "CONFLICT",
  config_invalid: "BAD_REQUEST",
  stranding_not_accepted: "CONFLICT",
  secret_required: "BAD_REQUEST",
  permission_denied: "FORBIDDEN",
  not_connected: "PRECONDITION_FAILED",
  unknown_webhook: "NOT_FOUND",
  webhook_url_refused: "BAD_REQUEST",
  integration_unavailable: "SERVICE_UNAVAILABLE",
  too_many_requests: "TOO_MANY_REQUESTS",
  store_unavailable: "SERVICE_UNAVAILABLE",
  identity_provider_unavailable: "SERVICE_UNAVAILABLE",
  key_unavailable: "SERVICE_UNAVAILABLE",
} satisfies Record<ErrorCode, TRPC_ERROR_CODE_KEY>;

/** A failure of the database that passes, as a caller is told of it; null for any other. */
export function storeUnavailable(error: unknown): EvergrantError | null {
  const passes = error instanceof StoreError && (error.code === "store_unavailable" || error.code === "store_outcome_unknown");
  return passes ? new EvergrantError("store_unavailable", "the database did not answer in time; try again") : null;
}
