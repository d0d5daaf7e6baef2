/**
 * Streams that are open in this process: each holds a connection and is written to for hours, so one caller may have only so many.
 */
import { type Caller, countedAs } from "./callers.ts";

export interface OpenStreams {
  /** Counts a stream, from before it is begun, so that no number of requests at one moment is more than may be; null where there is no room. */
  enter(caller: Counted): (() => void) | null;
}

type Counted = Pick<Caller, "kind" | "id" | "isStored" | "subjects">;

/** A subject with many tabs. */
const mostOfSession = 20;
/** A backend with many processes. */
const mostOfKey = 1_000;

export function createOpenStreams(): OpenStreams {
  const open = new Map<string, number>();
  return {
    enter(caller) {
      const id = countedAs(caller);
      const count = open.get(id) ?? 0;
      if (count >= (caller.kind === "session" ? mostOfSession : mostOfKey)) return null;
      open.set(id, count + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const left = (open.get(id) ?? 1) - 1;
        if (left === 0) open.delete(id);
        else open.set(id, left);
      };
    },
  };
}

/** An answer that says when its body has ended, or is no longer wanted. */
export function endingWith(response: Response, ended: () => void): Response {
  if (response.body === null) {
    ended();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        ended();
        return controller.close();
      } catch (error) {
        ended();
        throw error;
      }
    },
    async cancel(reason) {
      ended();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
