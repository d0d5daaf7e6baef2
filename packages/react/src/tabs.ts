/**
 * The other tabs of this origin, told by `BroadcastChannel`; where there is none, each tab is alone.
 */
import type { SentState } from "./flow-state.ts";

export type TabMessage =
  /** Where a flow stands, told by the tab that it came back to. */
  | { readonly kind: "flow"; readonly id: string; readonly state: SentState }
  /** What is known of connections is out of date; with the id of the event that says so, if one does. */
  | { readonly kind: "changed"; readonly eventId: number | null };

export interface Tabs {
  /** Heard by the other tabs while somebody here listens. */
  tell(message: TabMessage): void;
  /** @returns what ends it. */
  listen(listener: (message: TabMessage) => void): () => void;
}

/** @param url Evergrant's `publicUrl`: tabs with another one are none of ours. */
export function createTabs(url: string): Tabs {
  const listeners = new Set<(message: TabMessage) => void>();
  let channel: BroadcastChannel | null = null;
  let post: ((message: TabMessage) => void) | null = null;
  const open = () => {
    if (channel !== null || typeof BroadcastChannel === "undefined") return;
    channel = new BroadcastChannel(`evergrant ${url}`);
    channel.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => {
      for (const listener of listeners) listener(data);
    });
    post = channel.postMessage.bind(channel);
  };
  const close = () => {
    channel?.close();
    channel = null;
    post = null;
  };
  return {
    tell: (message) => post?.(message),
    listen: (listener) => {
      open();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) close();
      };
    },
  };
}
