/**
 * Flows as a page sees them (design 3.4): begun here, ended by whatever comes back first. Knows neither React nor `window`.
 */
import type { EvergrantClient } from "@evergrant/client";
import type { Browser, Landing, Popup } from "./browser.ts";
import { confirmFlow } from "./confirm-flow.ts";
import { ConnectFailedError } from "./connect-failed-error.ts";
import { type FlowKey, flowKey } from "./flow-key.ts";
import { type FlowResult, readFlowResult } from "./flow-result.ts";
import { type FlowState, fromSent, idle, isBusy, toSent } from "./flow-state.ts";
import type { Tabs } from "./tabs.ts";

/** What a flow is to bring. */
export interface Wanted {
  readonly integration: string;
  /** Renews this connection instead of making another. */
  readonly connectionId?: string | undefined;
  /** Left out: the integration's `scopes`. */
  readonly scopes?: readonly string[] | undefined;
  /** There is such a connection already, so that none can be noticed. */
  readonly isMet?: boolean | undefined;
}

/** Where the person goes, and comes back to. */
export interface Way {
  /** `popup` is the default, and falls back to `redirect` where popups are blocked. */
  readonly mode?: "popup" | "redirect" | undefined;
  /** A page of the app on one of `returnOrigins`, with a provider of these flows in it; left out, the page that it begins on. */
  readonly returnTo?: string | undefined;
}

export interface Flows {
  state(key: FlowKey): FlowState;
  subscribe(listener: () => void): () => void;
  /** To be called in the click itself: browsers open no popup later. Resolves when the flow has ended; never rejects. */
  connect(key: FlowKey, wanted: Wanted, way?: Way): Promise<FlowState>;
  cancel(key: FlowKey): void;
  /** Back to `idle`, unless something is under way. */
  reset(key: FlowKey): void;
  /** The session sees the connection that a flow was to bring, however it ended. */
  noticed(key: FlowKey, connectionId: string): void;
  /** Listens for results, and takes the one that this page came back with; returns what ends it. */
  start(): () => void;
}

export interface FlowsOptions {
  readonly client: { readonly connections: Pick<EvergrantClient["connections"], "authorize" | "confirm" | "get"> };
  readonly subject: () => Promise<string>;
  readonly browser: Browser;
  readonly tabs: Tabs;
  readonly pause: (ms: number) => Promise<void>;
  /** Something is connected: what is known of connections is out of date. */
  readonly onConnected: () => Promise<void>;
}

interface Flow {
  readonly id: string;
  readonly key: FlowKey;
  readonly popup: Popup | null;
  readonly isMet: boolean;
  readonly ended: Promise<FlowState>;
  readonly end: (state: FlowState) => void;
}

const lookEveryMs = 500;
/** Seen gone this often while the person is back at this page, a popup is taken to be closed: a result on its way would have come. */
const looksUntilGone = 3;

export function createFlows({ client, subject, browser, tabs, pause, onConnected }: FlowsOptions): Flows {
  const states = new Map<FlowKey, FlowState>();
  /** Those that may still bring something, those out of sight included. */
  const open = new Map<string, Flow>();
  const listeners = new Set<() => void>();
  const stateOf = (key: FlowKey) => states.get(key) ?? idle;
  const set = (key: FlowKey, state: FlowState) => {
    states.set(key, state);
    for (const listener of listeners) listener();
  };

  function settle(flow: Flow, state: FlowState): void {
    // What is only out of sight may still come back.
    const isOver = state.status !== "cancelled" || state.by === "caller";
    if (isOver) open.delete(flow.id);
    set(flow.key, state);
    flow.end(state);
  }

  function currentOf(key: FlowKey): Flow | undefined {
    return isBusy(stateOf(key)) ? [...open.values()].findLast((flow) => flow.key === key) : undefined;
  }

  async function begin(flow: Flow, { integration, connectionId, scopes }: Wanted, { returnTo = browser.page() }: Way): Promise<void> {
    try {
      const { authorizeUrl } = await client.connections.authorize({
        integration,
        connectionId,
        scopes,
        subject: await subject(),
        returnTo: browser.marked(returnTo, { id: flow.id, key: flow.key, isPopup: flow.popup !== null }),
        ...(flow.popup === null ? {} : { openerOrigin: browser.origin() }),
      });
      if (!open.has(flow.id)) return;
      set(flow.key, { status: "waiting", at: flow.popup === null ? "redirect" : "popup" });
      if (flow.popup === null) return browser.leaveFor(authorizeUrl);
      flow.popup.show(authorizeUrl);
      watch(flow, flow.popup);
    } catch (error) {
      if (!open.has(flow.id)) return;
      flow.popup?.close();
      settle(flow, { status: "failed", error: ConnectFailedError.of(error) });
    }
  }

  /** `closed` alone says nothing: it is also how a popup looks whose provider severs openers (COOP), with the person still in it. */
  function watch(flow: Flow, popup: Popup): void {
    let gone = 0;
    const stop = browser.every(lookEveryMs, () => {
      gone = popup.isGone() && browser.hasFocus() ? gone + 1 : 0;
      if (currentOf(flow.key) !== flow || stateOf(flow.key).status !== "waiting") return stop();
      if (gone < looksUntilGone) return undefined;
      stop();
      return settle(flow, { status: "cancelled", by: "window" });
    });
  }

  /** Takes a result to the flow's end; `tell` is called at each step, with the integration once it is known. */
  async function take(result: FlowResult, tell: (state: FlowState, integration?: string) => void): Promise<void> {
    if (result.status === "failed") {
      const { error } = result;
      return tell(error === "access_denied" ? { status: "denied" } : { status: "failed", error: new ConnectFailedError(error) });
    }
    tell({ status: "confirming" });
    try {
      const { id, integration } = await confirmFlow({ client, subject, pause }, result);
      await onConnected();
      tell({ status: "connected", connectionId: id }, integration);
    } catch (error) {
      tell({ status: "failed", error: ConnectFailedError.of(error) });
    }
  }

  /** A flow's own news; of one that was out of sight when the next one had begun, only that it went well. */
  function hear(flow: Flow, state: FlowState): void {
    const current = currentOf(flow.key);
    if (current !== undefined && current !== flow) {
      if (state.status !== "connected") return;
      current.popup?.close();
      settle(current, state);
    }
    if (isBusy(state)) set(flow.key, state);
    else settle(flow, state);
  }

  /** This page is where a flow has come back to: here it is confirmed, and the tab that began it is told. */
  async function land({ flow, result }: Landing): Promise<void> {
    await take(result, (state, integration) => {
      const key = flow?.key ?? (integration === undefined ? undefined : flowKey({ integration }));
      if (key !== undefined) set(key, state);
      tabs.tell({ kind: "flow", id: flow?.id ?? "", state: toSent(state) });
    });
    if (flow?.isPopup === true) browser.closeSelf();
  }

  return {
    state: stateOf,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    connect: (key, wanted, way = {}) => {
      const current = currentOf(key);
      if (current !== undefined) {
        current.popup?.focus();
        return current.ended;
      }
      const { promise, resolve } = deferred<FlowState>();
      const popup = way.mode === "redirect" ? null : browser.openPopup();
      const flow: Flow = { id: browser.randomId(), key, popup, isMet: wanted.isMet ?? false, ended: promise, end: resolve };
      open.set(flow.id, flow);
      set(key, { status: "opening" });
      void begin(flow, wanted, way);
      return promise;
    },

    cancel: (key) => {
      const flow = currentOf(key);
      if (flow === undefined || stateOf(key).status === "confirming") return;
      flow.popup?.close();
      settle(flow, { status: "cancelled", by: "caller" });
    },

    reset: (key) => {
      if (!isBusy(stateOf(key))) set(key, idle);
    },

    noticed: (key, connectionId) => {
      const state = stateOf(key);
      if (state.status !== "waiting" && state.status !== "cancelled") return;
      for (const flow of open.values()) {
        if (flow.key === key && !flow.isMet) settle(flow, { status: "connected", connectionId });
      }
    },

    start: () => {
      const landing = browser.takeLanding();
      const stopListening = browser.listen({
        onMessage: (data, isFrom) => {
          const flow = [...open.values()].find(({ popup }) => popup !== null && isFrom(popup));
          const result = flow === undefined ? null : readFlowResult(data);
          if (flow === undefined || result === null) return false;
          void take(result, (state) => hear(flow, state));
          return true;
        },
        onRestored: () => {
          // The person came back by the browser's own button, and not from the provider.
          for (const flow of open.values()) {
            if (flow.popup === null && currentOf(flow.key) === flow) settle(flow, { status: "cancelled", by: "caller" });
          }
        },
      });
      const stopHearing = tabs.listen((message) => {
        if (message.kind !== "flow") return;
        const flow = open.get(message.id);
        if (flow !== undefined) hear(flow, fromSent(message.state));
        // The tab that it came back to has fetched its own anew; this one has not.
        if (message.state.status === "connected") void onConnected();
      });
      if (landing !== null) void land(landing);
      return () => {
        stopListening();
        stopHearing();
      };
    },
  };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
