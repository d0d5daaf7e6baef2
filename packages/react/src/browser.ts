/**
 * What flows need of the page that they are in: windows, messages and its URL. The only file that touches `window`.
 */
import { type FlowResult, readFlowResult, resultFields } from "./flow-result.ts";

export interface Popup {
  show(url: string): void;
  focus(): void;
  close(): void;
  /** Closed, or severed from this page by where it went. */
  isGone(): boolean;
  is(source: unknown): boolean;
}

/** By what a page that a flow comes back to knows whose it was. */
export interface FlowMark {
  readonly id: string;
  readonly key: string;
  readonly isPopup: boolean;
}

export interface Landing {
  /** Null: of a link that the app's backend made. */
  readonly flow: FlowMark | null;
  readonly result: FlowResult;
}

export interface BrowserListeners {
  /** Of Evergrant's own pages. True: it has been understood, so that its page may close. */
  onMessage(data: Readonly<Record<string, unknown>>, isFrom: (popup: Popup) => boolean): boolean;
  /** The page was left and is shown again as it was (the back-forward cache). */
  onRestored(): void;
}

export interface Browser {
  randomId(): string;
  origin(): string;
  /** This page's URL. */
  page(): string;
  hasFocus(): boolean;
  /** Null where popups are blocked. */
  openPopup(): Popup | null;
  leaveFor(url: string): void;
  closeSelf(): void;
  /** A URL that tells `takeLanding` which flow came back to it. */
  marked(url: string, mark: FlowMark): string;
  /** What this page's URL says of a flow, which it then does not say any more. */
  takeLanding(): Landing | null;
  listen(listeners: BrowserListeners): () => void;
  /** @returns what ends it. */
  every(ms: number, look: () => void): () => void;
}

const markField = "evergrant";
/** What `authorize` takes is longer, by what marks it. */
const longestReturnTo = 1_800;
const popupFeatures = { width: 520, height: 720 };

/** @param url Evergrant's `publicUrl`. Nothing of the page is touched until one of its functions is called. */
export function createBrowser(url: string): Browser {
  const evergrantOrigin = new URL(url).origin;
  return {
    randomId: () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    origin: () => location.origin,
    page: () => location.href,
    hasFocus: () => document.hasFocus(),
    openPopup: () => {
      const { width, height } = popupFeatures;
      const left = Math.round(screenX + (outerWidth - width) / 2);
      const top = Math.round(screenY + (outerHeight - height) / 2);
      const opened = window.open("about:blank", "_blank", `popup,width=${width},height=${height},left=${left},top=${top}`);
      return opened === null ? null : toPopup(opened);
    },
    leaveFor: (to) => location.assign(to),
    closeSelf: () => window.close(),

    marked: (to, { id, key, isPopup }) => {
      const marked = new URL(to, location.href);
      const kept = keep(id, marked.href);
      if (kept && marked.href.length > longestReturnTo) [marked.search, marked.hash] = ["", ""];
      marked.searchParams.set(markField, [id, isPopup ? "popup" : "page", key].join("~"));
      return marked.href;
    },
    takeLanding: () => {
      const { searchParams } = new URL(location.href);
      const result = readFlowResult(Object.fromEntries(resultFields.map((name) => [name, searchParams.get(name) ?? undefined])));
      const mark = searchParams.get(markField);
      // Without our mark these words may be anybody's, but for a confirmation.
      if (result === null || (mark === null && result.status !== "unconfirmed")) return null;
      const [id = "", kind, ...key] = mark?.split("~") ?? [];
      history.replaceState(history.state, "", takeKept(id) ?? withoutResult(location.href));
      return { flow: mark === null ? null : { id, key: key.join("~"), isPopup: kind === "popup" }, result };
    },

    listen: ({ onMessage, onRestored }) => {
      const hear = ({ source, origin, data }: MessageEvent<unknown>) => {
        if (origin !== evergrantOrigin || source === null || !isOurs(data)) return;
        const isUnderstood = onMessage(data, (popup) => popup.is(source));
        if (isUnderstood) source.postMessage({ received: "evergrant" }, { targetOrigin: origin });
      };
      const restored = ({ persisted }: PageTransitionEvent) => persisted && onRestored();
      addEventListener("message", hear);
      addEventListener("pageshow", restored);
      return () => {
        removeEventListener("message", hear);
        removeEventListener("pageshow", restored);
      };
    },
    every: (ms, look) => {
      const timer = setInterval(look, ms);
      return () => clearInterval(timer);
    },
  };
}

function toPopup(opened: Window): Popup {
  return {
    show: (url) => opened.location.replace(url),
    focus: () => opened.focus(),
    close: () => opened.close(),
    isGone: () => opened.closed,
    is: (source) => source === opened,
  };
}

function isOurs(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === "object" && data !== null && "source" in data && data.source === "evergrant";
}

/**
 * Keeps the URL that a flow is to come back to, as it was: a flow's result may have taken the place of words of its own, such as
 * `status`. Whether it is kept: a page without storage goes by what comes back.
 */
function keep(id: string, href: string): boolean {
  try {
    sessionStorage.setItem(`evergrant ${id}`, href);
    return true;
  } catch {
    return false;
  }
}

function takeKept(id: string): string | null {
  try {
    const href = sessionStorage.getItem(`evergrant ${id}`);
    sessionStorage.removeItem(`evergrant ${id}`);
    return href;
  } catch {
    return null;
  }
}

function withoutResult(href: string): string {
  const url = new URL(href);
  for (const name of [markField, ...resultFields]) url.searchParams.delete(name);
  return url.href;
}
