/**
 * Reads `events.stream` as the wire has it, to see ids and pings, and to break off where a connection would.
 */
import type { EvergrantEvent } from "@evergrant/schema";
import type { App } from "../src/app.ts";

export interface Stream extends AsyncDisposable {
  readonly response: Response;
  /** The next message, pings left out unless asked for by name; null where the stream has ended. */
  next(name?: "ping"): Promise<Message | null>;
  /** The next `count` events. */
  take(count: number): Promise<EvergrantEvent[]>;
}

export interface Message {
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
}

/** Opens a stream with this credential. `lastEventId` goes as a browser's EventSource sends it. */
export async function openStream(
  app: Pick<App, "request">,
  apiKey: string,
  options: { after?: number; lastEventId?: string } = {},
): Promise<Stream> {
  const closing = new AbortController();
  const input = options.after === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify({ after: options.after }))}`;
  const response = await app.request(`/trpc/events.stream${input}`, {
    headers: {
      accept: "text/event-stream",
      authorization: `Bearer ${apiKey}`,
      ...(options.lastEventId === undefined ? {} : { "last-event-id": options.lastEventId }),
    },
    signal: closing.signal,
  });
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let rest = "";

  const next = async (name?: "ping"): Promise<Message | null> => {
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end === -1) {
        const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (done) return null;
        rest += decoder.decode(value, { stream: true });
        continue;
      }
      const fields = new Map(
        rest
          .slice(0, end)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      rest = rest.slice(end + 2);
      const message = { event: fields.get("event") ?? "message", data: fields.get("data") ?? "", id: fields.get("id") ?? null };
      if (fields.size > 1 && (message.event !== "ping" || name === "ping") && message.event !== "connected") return message;
    }
  };
  return {
    response,
    next,
    async take(count) {
      const events: EvergrantEvent[] = [];
      while (events.length < count) {
        const message = await next();
        if (message?.event !== "message") throw new Error(`the stream ended after ${events.length} events: ${JSON.stringify(message)}`);
        const event = JSON.parse(message.data) as EvergrantEvent;
        if (message.id !== String(event.id)) throw new Error(`the message has the id ${message.id}, its event ${event.id}`);
        events.push(event);
      }
      return events;
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await reader.cancel().catch(() => {});
    },
  };
}
