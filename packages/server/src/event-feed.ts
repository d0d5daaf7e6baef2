/**
 * The feed: events as they are committed, for any number of followers and one reader of the table.
 *
 * Nothing is lost or doubled, since ids are given under the database's one write lock and in the order of its commits: whoever sees an
 * event sees all before it, also on a replica, which is behind but never has gaps. A follower's position is always an id that it was
 * handed, never one that it merely heard of. A database with concurrent writers (`BEGIN CONCURRENT`) would break this.
 */
import type { EvergrantEvent } from "@evergrant/schema";
import type { Log } from "./authority.ts";
import type { Database } from "./database.ts";
import { describeError } from "./errors.ts";
import { listEvents, newestEventId, onAppend } from "./events-store.ts";

export interface EventFeed {
  /** Events after an id, in order and without end: it ends when `signal` is aborted, or the feed is closed. */
  follow(request: { after: number; signal: AbortSignal }): AsyncGenerator<EvergrantEvent, void>;
  /** Ends every follower. */
  close(): void;
  readonly isClosed: boolean;
}

/** Between two looks for what other processes have committed. */
const pollMs = 500;
/** After this process has begun to append: a commit takes a moment, longer at a remote database. */
const looksAfterAppendMs = [1, 5, 25, 100];
const nearMs = 5;
const page = 500;
/** Events kept for followers who are a little behind; whoever is further behind reads for itself. */
const mostKept = 2_000;

/** Makes the feed of one process; it reads nothing while nobody follows. */
export function createEventFeed({ database, log }: { database: Database; log: Log }): EventFeed {
  /** All events after an id, up to the newest one seen. Null while nobody follows. */
  let kept: { after: number; events: EvergrantEvent[] } | null = null;
  let followers = 0;
  const closing = new AbortController();
  let isLooking = false;
  /** Whether the next look is so near that an append need not bring it nearer: else a thousand appends a second would put it off for good. */
  let isNear = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let soon: readonly number[] = [];
  let stopListening = () => {};
  const waiting = new Set<() => void>();

  const wake = (): void => {
    for (const each of waiting) each();
  };

  const look = async (): Promise<void> => {
    let known = kept ?? { after: await newestEventId(database), events: [] };
    for (let more = true; more && !closing.signal.aborted;) {
      const found = await listEvents(database, { after: known.events.at(-1)?.id ?? known.after, limit: page });
      more = found.length === page;
      const events = [...known.events, ...found];
      const dropped = events.splice(0, Math.max(0, events.length - mostKept));
      known = { after: dropped.at(-1)?.id ?? known.after, events };
      kept = known;
      if (found.length > 0) wake();
    }
  };

  const tick = async (): Promise<void> => {
    isLooking = true;
    isNear = false;
    try {
      await look();
    } catch (error) {
      log.warn({ error: describeError(error) }, "events were not read; trying again");
    }
    isLooking = false;
    if (followers === 0 || closing.signal.aborted) return rest();
    schedule();
  };

  const schedule = (): void => {
    const [next = pollMs, ...later] = soon;
    soon = later;
    isNear = next <= nearMs;
    timer = setTimeout(() => void tick(), next);
  };

  const rest = (): void => {
    clearTimeout(timer);
    isNear = false;
    stopListening();
    kept = null;
  };

  const appending = (): void => {
    soon = looksAfterAppendMs;
    if (isLooking || isNear) return;
    clearTimeout(timer);
    schedule();
  };

  const join = (): void => {
    followers += 1;
    if (followers > 1) return;
    stopListening();
    stopListening = onAppend(database, appending);
    // One look may still be on its way from the last follower; it goes on for this one.
    if (!isLooking) void tick();
  };

  const leave = (): void => {
    followers -= 1;
    if (followers === 0 && !isLooking) rest();
  };

  /** Resolves at the next events, or when the follower is to end; for one who is behind also after `pollMs`. */
  const change = (signal: AbortSignal, isBehind: boolean): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(latest);
        waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const latest = isBehind ? setTimeout(done, pollMs) : undefined;
      waiting.add(done);
      signal.addEventListener("abort", done);
    });

  /** What follows an id, from memory if it is there; without an await in that case, so that no wake can be missed. */
  const after = (id: number): EvergrantEvent[] | Promise<EvergrantEvent[]> => {
    if (kept !== null && id >= kept.after) return kept.events.slice(firstAfter(kept.events, id));
    return listEvents(database, { after: id, limit: page }).catch((error: unknown) => {
      log.warn({ error: describeError(error) }, "events were not read; trying again");
      return [];
    });
  };

  return {
    async *follow({ after: start, signal }) {
      const ends = AbortSignal.any([signal, closing.signal]);
      let position = start;
      join();
      try {
        while (!ends.aborted) {
          const found = after(position);
          const events = Array.isArray(found) ? found : await found;
          for (const event of events) {
            if (ends.aborted) return;
            position = event.id;
            yield event;
          }
          if (events.length === 0) await change(ends, !Array.isArray(found));
        }
      } finally {
        leave();
      }
    },
    close() {
      closing.abort();
      rest();
    },
    get isClosed() {
      return closing.signal.aborted;
    },
  };
}

/** The index of the first event after an id, in a list that grows by id. */
function firstAfter(events: readonly EvergrantEvent[], id: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = events[middle];
    if (found !== undefined && found.id > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
