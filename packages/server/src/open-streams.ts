/**
 * Streams that are open in this process: each holds a connection and is written to for hours, so one caller may have only so many.
 */
import { type Caller, countedAs } from "./callers.ts";

export interface OpenStreams {
  isFull(caller: Counted): boolean;
  /** Counts a stream; the result ends it. */
  enter(caller: Counted): () => void;
}

type Counted = Pick<Caller, "kind" | "id" | "isStored" | "subjects">;

/** A subject with many tabs. */
const mostOfSession = 20;
/** A backend with many processes. */
const mostOfKey = 1_000;

export function createOpenStreams(): OpenStreams {
  const open = new Map<string, number>();
  return {
    isFull: (caller) => (open.get(countedAs(caller)) ?? 0) >= (caller.kind === "session" ? mostOfSession : mostOfKey),
    enter(caller) {
      const id = countedAs(caller);
      open.set(id, (open.get(id) ?? 0) + 1);
      return () => {
        const left = (open.get(id) ?? 1) - 1;
        if (left === 0) open.delete(id);
        else open.set(id, left);
      };
    },
  };
}
