/**
 * Follows `events.stream`: server-sent events by `fetch`, since `EventSource` sends no credential. Loaded only where it is used.
 */
import type { EvergrantEvent } from "@evergrant/schema";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { EvergrantRequestError } from "./errors.ts";
import type { Transport } from "./transport.ts";
import { abortWith } from "./until-aborted.ts";

export interface EventStreamOptions {
  readonly transport: Pick<Transport, "open">;
  /** The id of the event after which to begin. */
  readonly after: number;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Resolves after a while, or when the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The first pause before a reconnection, doubled at each failure up to the longest; the real one is chosen below it at random. */
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** After that long without a sign of life, a ping included, a connection is taken for dead, unless the server names another span. */
const defaultSilenceMs = 45_000;

/**
 * Events after an id, in order, each of them once, without end.
 *
 * A connection that breaks off, falls silent or is closed by the server is made anew from the last event that was handed out.
 *
 * @throws {EvergrantRequestError} the server refuses: no reconnection would change that.
 */
export async function* followEvents({ transport, after, signal, pause = wait }: EventStreamOptions): AsyncGenerator<EvergrantEvent, void> {
  let position = after;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const event of connect(transport, position, signal)) {
        failures = 0;
        if (event === null || event.id <= position) continue;
        position = event.id;
        yield event;
      }
    } catch (error) {
      // Whatever else went wrong may pass, a session that could not be renewed included.
      if (error instanceof EvergrantRequestError) throw error;
    }
    if (signal.aborted) return;
    await pause(Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** failures), signal);
    failures += 1;
  }
}

/** One connection, which ends or throws where the server or the network ends it. Null is a sign of life. */
async function* connect(
  transport: Pick<Transport, "open">,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<EvergrantEvent | null, void> {
  const ending = new AbortController();
  const letGo = abortWith(ending, signal);
  let silenceMs = defaultSilenceMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hear = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ending.abort(), silenceMs);
  };
  try {
    const response = await transport.open("events.stream", { after }, { signal: ending.signal });
    const messages = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
    if (messages === undefined) return;
    hear();
    for (;;) {
      const { done, value: message } = await messages.read();
      if (done) return;
      hear();
      const { event = "message", data } = message;
      if (event === "connected") {
        silenceMs = silenceOf(data);
      } else if (event === "ping") {
        yield null;
      } else if (event === "serialized-error") {
        // The credential has ended, or the server is in trouble: a new connection tells which, since its gate answers first.
        return;
      } else if (event === "message") {
        yield JSON.parse(data) as EvergrantEvent;
      }
    }
  } finally {
    clearTimeout(timer);
    letGo();
    // Ends the request, and what is read of it.
    ending.abort();
  }
}

function silenceOf(greeting: string): number {
  const { reconnectAfterInactivityMs } = JSON.parse(greeting) as { reconnectAfterInactivityMs?: unknown };
  return typeof reconnectAfterInactivityMs === "number" && reconnectAfterInactivityMs > 0 ? reconnectAfterInactivityMs : defaultSilenceMs;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
