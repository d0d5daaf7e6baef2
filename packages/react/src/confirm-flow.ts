/**
 * The end of a flow, as the server has it: what the browser brought is only a hint of it (design 3.4).
 */
import { type EvergrantClient, EvergrantUnreachableError } from "@evergrant/client";
import type { ConnectionView } from "@evergrant/schema";
import type { FlowResult } from "./flow-result.ts";

export interface ConfirmOptions {
  readonly client: { readonly connections: Pick<EvergrantClient["connections"], "confirm" | "get"> };
  readonly subject: () => Promise<string>;
  readonly pause: (ms: number) => Promise<void>;
}

/** Between tries while the server does not answer: a confirmation is good for five minutes, and for this page alone. */
const pausesMs = [1_000, 3_000, 10_000];

/**
 * Confirms a flow as the signed-in subject, or looks up the connection that needs no confirmation.
 *
 * @throws {EvergrantRequestError} `confirmation_invalid`: somebody else's, or too late.
 * @throws {EvergrantUnreachableError} the server did not answer for a while.
 */
export async function confirmFlow(options: ConfirmOptions, result: Exclude<FlowResult, { status: "failed" }>): Promise<ConnectionView> {
  const { connectionId } = result;
  const { connections } = options.client;
  const get = () => connections.get({ connectionId });
  if (result.status === "connected") return untilReached(options, get);
  const { confirmation } = result;
  let isFirst = true;
  return untilReached(options, async () => {
    const isAgain = !isFirst;
    isFirst = false;
    try {
      return await connections.confirm({ confirmation, subject: await options.subject() });
    } catch (error) {
      if (!isAgain || error instanceof EvergrantUnreachableError) throw error;
      // The try before may have reached the server without its answer coming back: then the connection is there.
      return get().catch(() => {
        throw error;
      });
    }
  });
}

async function untilReached<T>({ pause }: ConfirmOptions, call: () => Promise<T>): Promise<T> {
  for (const ms of pausesMs) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof EvergrantUnreachableError)) throw error;
    }
    await pause(ms);
  }
  return call();
}
