/**
 * Why a flow brought no connection.
 */
import { EvergrantRequestError, EvergrantUnreachableError } from "@evergrant/client";
import type { ErrorCode, FlowError } from "@evergrant/schema";
import { ownErrorOf } from "./own-error.ts";

/**
 * - a `FlowError`: how the flow ended at the provider or on the way back; docs/errors.md says what to do about each.
 * - an `ErrorCode`: the server refused to begin or to confirm it; `confirmation_invalid` where the flow was another subject's.
 * - `unreachable`: the server did not answer.
 * - `refused`: anything else; `cause` says more.
 */
export type ConnectFailure = Exclude<FlowError, "access_denied"> | ErrorCode | "unreachable" | "refused";

/** What the person is told; everything that is not theirs to mend has one text. */
const texts: Partial<Record<ConnectFailure, string>> = {
  account_mismatch: "You signed in with another account than the one that was connected. Try again with that account.",
  confirmation_invalid: "This was started by somebody else, or too long ago. Try again from here.",
  link_expired: "This took too long. Try again.",
  request_expired: "This took too long. Try again.",
  other_browser: "This was started in another browser. Try again in this one.",
  unreachable: "The server could not be reached. Try again in a while.",
};

/** Its message is for the person in front of the page. */
export class ConnectFailedError extends Error {
  override readonly name = "ConnectFailedError";
  readonly code: ConnectFailure;

  constructor(code: ConnectFailure, options: { cause?: unknown; message?: string } = {}) {
    super(options.message ?? texts[code] ?? "Something went wrong. Try again.", { cause: options.cause });
    this.code = code;
  }

  /** What a call or a query threw. */
  static of(thrown: unknown): ConnectFailedError {
    const error = ownErrorOf(thrown);
    if (error instanceof ConnectFailedError) return error;
    if (error instanceof EvergrantUnreachableError) return new ConnectFailedError("unreachable", { cause: error });
    if (error instanceof EvergrantRequestError) return new ConnectFailedError(error.reason ?? "refused", { cause: error });
    return new ConnectFailedError("refused", { cause: error });
  }
}
