/**
 * What a connect button shows: a flow that is under way, or else what the connection needs.
 */
import { isBusy } from "./flow-state.ts";
import type { Connect } from "./use-connect.ts";

/** `loading`: nothing is known yet. `unavailable`: nothing could be asked for, and a click asks again. `connected`: all is well. `disconnect`: all is well, and a click ends it. */
export type ButtonState =
  | "loading"
  | "unavailable"
  | "connect"
  | "opening"
  | "waiting"
  | "confirming"
  | "connected"
  | "reauthorize"
  | "step_up"
  | "disconnect"
  | "disconnecting";

export function buttonStateOf(connect: Connect, disconnects: boolean): ButtonState {
  const { need, isDisconnecting } = connect;
  if (isDisconnecting) return "disconnecting";
  if (isBusy(connect)) return connect.status;
  if (need === "unknown") return "loading";
  if (need === "nothing") return disconnects ? "disconnect" : "connected";
  return need;
}

/** How the last flow ended; undefined before one has. */
export function outcomeOf(connect: Connect): "connected" | "denied" | "cancelled" | "failed" | undefined {
  return connect.status === "idle" || isBusy(connect) ? undefined : connect.status;
}
