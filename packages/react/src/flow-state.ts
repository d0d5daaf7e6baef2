/**
 * Where a flow stands.
 *
 * ```text
 * idle → opening → waiting → confirming → connected
 *                     ├────→ denied        the person said no
 *                     ├────→ cancelled     by the caller, or the window is gone
 *                     └────→ failed
 * ```
 */
import { ConnectFailedError } from "./connect-failed-error.ts";

export type FlowState =
  | { readonly status: "idle" }
  /** The link is being made. */
  | { readonly status: "opening" }
  /** The person is at the provider: in a popup, or this page is on its way there. */
  | { readonly status: "waiting"; readonly at: "popup" | "redirect" }
  | { readonly status: "confirming" }
  | { readonly status: "connected"; readonly connectionId: string }
  | { readonly status: "denied" }
  /**
   * `caller`: by `cancel()`. `window`: the popup is gone as far as one can see, so the person may start again; if it was only out of sight
   * (its provider severs openers) and the flow ends well after all, it is `connected` all the same.
   */
  | { readonly status: "cancelled"; readonly by: "caller" | "window" }
  | { readonly status: "failed"; readonly error: ConnectFailedError };

export type FlowStatus = FlowState["status"];

export const idle: FlowState = { status: "idle" };

type BusyState = Extract<FlowState, { status: "opening" | "waiting" | "confirming" }>;

/** Whether something is under way. */
export function isBusy<State extends FlowState>(state: State): state is State & BusyState {
  return state.status === "opening" || state.status === "waiting" || state.status === "confirming";
}

/** A state as it travels between tabs, where errors lose their fields. */
export type SentState = Exclude<FlowState, { status: "failed" }> | { status: "failed"; code: ConnectFailedError["code"]; message: string };

export function toSent(state: FlowState): SentState {
  return state.status === "failed" ? { status: "failed", code: state.error.code, message: state.error.message } : state;
}

export function fromSent(state: SentState): FlowState {
  if (state.status !== "failed") return state;
  return { status: "failed", error: new ConnectFailedError(state.code, { message: state.message }) };
}
