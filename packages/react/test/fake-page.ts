/**
 * A page for flows without a browser: windows that are what the test says, looks that happen when it says, tabs that it speaks for.
 */
import { EvergrantRequestError, EvergrantUnreachableError } from "@evergrant/client";
import type { ConnectionView } from "@evergrant/schema";
import type { Browser, BrowserListeners, FlowMark, Landing, Popup } from "../src/browser.ts";
import { type Flows, createFlows } from "../src/flows.ts";
import type { TabMessage } from "../src/tabs.ts";

export const connectionId = "con_00000001";

export const refusal = (reason: "confirmation_invalid" | "scope_not_declared") =>
  new EvergrantRequestError(reason, { procedure: "connections.confirm", reason, httpStatus: 400 });
export const unreachable = () => new EvergrantUnreachableError("nobody answers", null);

/** A connection as the server shows it. */
export function connection(more: Partial<ConnectionView> = {}): ConnectionView {
  const at = "2026-01-01T00:00:00.000Z";
  return {
    id: connectionId,
    integration: "sandbox",
    subject: "alice",
    status: "active",
    reason: null,
    account: null,
    requestedScopes: ["notes:read"],
    grantedScopes: ["notes:read"],
    missingScopes: [],
    missingOptionalScopes: ["notes:write"],
    expiresAt: null,
    reconnectBy: null,
    captured: {},
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

export interface FakePopup extends Popup {
  gone: boolean;
  closedByPage: boolean;
  shown: string | null;
  focused: number;
}

export interface FakePage {
  readonly flows: Flows;
  readonly popups: FakePopup[];
  /** What the server was asked, in order. */
  readonly asked: { readonly call: string; readonly input: unknown }[];
  /** The next answers of a call, in order; past them it answers well. */
  readonly answers: { authorize: (() => Promise<never>)[]; confirm: (() => Promise<never>)[]; get: (() => Promise<never>)[] };
  readonly told: TabMessage[];
  readonly pauses: number[];
  blocksPopups: boolean;
  hasFocus: boolean;
  wentTo: string | null;
  closedItself: boolean;
  refetches: number;
  start(landing?: Landing): () => void;
  /** Lets half a second pass. */
  look(times?: number): void;
  /** What an Evergrant page in a popup says; resolves with whether it was understood. */
  say(popup: Popup, data: Readonly<Record<string, unknown>>): boolean;
  restore(): void;
  hearTab(message: TabMessage): void;
  /** The mark of the flow that a link was made for last. */
  lastMark(): FlowMark;
}

export function fakePage(): FakePage {
  let listeners: BrowserListeners | null = null;
  let landing: Landing | null = null;
  let tab: ((message: TabMessage) => void) | null = null;
  const looks = new Set<() => void>();
  const marks: FlowMark[] = [];
  const answer = async <T>(call: "authorize" | "confirm" | "get", input: unknown, well: T): Promise<T> => {
    page.asked.push({ call, input });
    const other = page.answers[call].shift();
    return other === undefined ? well : other();
  };
  const browser: Browser = {
    randomId: () => `flow-${marks.length + page.popups.length}`,
    origin: () => "https://app.test",
    page: () => "https://app.test/",
    hasFocus: () => page.hasFocus,
    openPopup: () => {
      if (page.blocksPopups) return null;
      const popup: FakePopup = {
        gone: false,
        closedByPage: false,
        shown: null,
        focused: 0,
        show: (url) => {
          popup.shown = url;
        },
        focus: () => {
          popup.focused += 1;
        },
        close: () => {
          popup.closedByPage = true;
        },
        isGone: () => popup.gone,
        is: (source) => source === popup,
      };
      page.popups.push(popup);
      return popup;
    },
    leaveFor: (url) => {
      page.wentTo = url;
    },
    closeSelf: () => {
      page.closedItself = true;
    },
    marked: (url, mark) => {
      marks.push(mark);
      return `${url}?marked`;
    },
    takeLanding: () => landing,
    listen: (heard) => {
      listeners = heard;
      return () => {
        listeners = null;
      };
    },
    every: (_ms, look) => {
      looks.add(look);
      return () => looks.delete(look);
    },
  };
  const page: FakePage = {
    flows: createFlows({
      client: {
        connections: {
          authorize: (input) =>
            answer("authorize", input, { authorizeUrl: "https://evergrant.test/connect/link", expiresAt: "2026-01-02T00:00:00.000Z" }),
          confirm: (input) => answer("confirm", input, connection()),
          get: (input) => answer("get", input, connection()),
        },
      },
      subject: () => Promise.resolve("alice"),
      browser,
      tabs: {
        tell: (message) => page.told.push(message),
        listen: (listener) => {
          tab = listener;
          return () => {
            tab = null;
          };
        },
      },
      pause: async (ms) => {
        page.pauses.push(ms);
      },
      onConnected: async () => {
        page.refetches += 1;
      },
    }),
    popups: [],
    asked: [],
    answers: { authorize: [], confirm: [], get: [] },
    told: [],
    pauses: [],
    blocksPopups: false,
    hasFocus: false,
    wentTo: null,
    closedItself: false,
    refetches: 0,
    start: (landed) => {
      landing = landed ?? null;
      return page.flows.start();
    },
    look: (times = 1) => {
      for (let each = 0; each < times; each += 1) for (const look of looks) look();
    },
    say: (popup, data) => listeners?.onMessage(data, (other) => other === popup) ?? false,
    restore: () => listeners?.onRestored(),
    hearTab: (message) => tab?.(message),
    lastMark: () => {
      const mark = marks.at(-1);
      if (mark === undefined) throw new Error("no link was made yet");
      return mark;
    },
  };
  return page;
}
