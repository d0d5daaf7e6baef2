/**
 * Streams that are open in this process: each holds a connection and is written to for hours, so one caller may have only so many.
 */
import type { Caller } from "./callers.ts";

export interface OpenStreams {
  isFull(caller: Pick<Caller, "kind" | "id">): boolean;
  /** Counts a stream; the result ends it. */
  enter(caller: Pick<Caller, "kind" | "id">): () => void;
}

/** A subject with many tabs. */
const mostOfSession = 20;
/** A backend with many processes. */
const mostOfKey = 1_000;

export function createOpenStreams(): OpenStreams {
  const open = new Map<string, number>();
  return {
    isFull: ({ kind, id }) => (open.get(id) ?? 0) >= (kind === "session" ? mostOfSession : mostOfKey),
    enter({ id }) {
      open.set(id, (open.get(id) ?? 0) + 1);
      return () => {
        const left = (open.get(id) ?? 1) - 1;
        if (left === 0) open.delete(id);
        else open.set(id, left);
      };
    },
  };
}
