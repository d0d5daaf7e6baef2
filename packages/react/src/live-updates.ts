/**
 * Changes as they happen: one stream of events for all tabs, held by whichever of them has the lock (HTTP/1.1 gives a browser six
 * connections to a server). Loaded only where it is used.
 */
import { EvergrantRequestError, type EvergrantClient } from "@evergrant/client";
import type { Tabs } from "./tabs.ts";

export interface LiveOptions {
  readonly client: { readonly events: EvergrantClient["events"] };
  readonly url: string;
  readonly subject: () => Promise<string>;
  readonly tabs: Tabs;
  /** What is known of connections is out of date. Of the other tabs' word for it the listener of `tabs` hears. */
  readonly onChange: () => void;
  /** Web Locks; undefined where there are none: then each tab has a stream of its own. */
  readonly locks: Pick<LockManager, "request"> | undefined;
  /** Resolves after a while, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** After something went wrong that may pass, such as a session that could not be fetched. */
const pauseMs = 30_000;
/** An event so young may have come after what the page has fetched. */
const youngMs = 60_000;

/** Follows until it is ended, and quietly not at all where the server refuses: pages work without. @returns what ends it. */
export function followLive(options: LiveOptions): () => void {
  const { client, url, subject, tabs, onChange, locks, pause } = options;
  const ending = new AbortController();
  const { signal } = ending;
  let seen: number | null = null;
  const stopHearing = tabs.listen((message) => {
    if (message.kind === "changed") seen = message.eventId ?? seen;
  });

  async function lead(): Promise<void> {
    const after = seen ?? (await newest());
    for await (const { id } of client.events({ after, signal })) {
      seen = id;
      tabs.tell({ kind: "changed", eventId: id });
      onChange();
    }
  }

  /** Whoever comes now has all that happened before. */
  async function newest(): Promise<number> {
    const { events } = await client.events.list({ order: "newest_first", limit: 1 }, { signal });
    const [last] = events;
    if (last !== undefined && Date.now() - Date.parse(last.at) < youngMs) onChange();
    return last?.id ?? 0;
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        // Tabs of two subjects, while one signs out and the next signs in, are not each other's.
        const name = `evergrant ${url} ${await subject()}`;
        await (locks === undefined ? lead() : locks.request(name, { signal }, lead));
      } catch (error) {
        if (error instanceof EvergrantRequestError) return;
      }
      await pause(pauseMs, signal);
    }
  }

  void follow();
  return () => {
    stopHearing();
    ending.abort();
  };
}
