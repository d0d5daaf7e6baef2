/**
 * `events()`: what happens, as it happens; and tokens that an event says are over go out of memory before the caller sees the event.
 */
import type { EventType, EvergrantEvent } from "@evergrant/schema";
import type { EventsOptions } from "./client.ts";
import type { TokenReader } from "./read-token.ts";
import type { Transport } from "./transport.ts";
import { abortWith } from "./until-aborted.ts";

/** After these a connection has no token, until it is connected anew. */
const endings = new Set<EventType>(["connection.disconnected", "connection.reauthorization_required"]);

/** Makes `events()`. The reader of streams is loaded at the first use. */
export function createFollower({
  transport,
  reader,
}: {
  transport: Pick<Transport, "open">;
  reader: Pick<TokenReader, "forget">;
}): (options?: EventsOptions) => AsyncGenerator<EvergrantEvent, void> {
  return ({ after = 0, lastEventId, signal } = {}) => {
    const ending = new AbortController();
    const events = follow(lastEventId === undefined ? after : Number(lastEventId), ending.signal, abortWith(ending, signal));
    // A generator's own `return` waits for the event that is awaited.
    const { return: end } = events;
    events.return = (value) => {
      ending.abort();
      return end.call(events, value);
    };
    return events;
  };

  async function* follow(after: number, signal: AbortSignal, letGo: () => void): AsyncGenerator<EvergrantEvent, void> {
    try {
      const { followEvents } = await import("./event-stream.ts");
      for await (const event of followEvents({ transport, after, signal })) {
        const { connectionId, generation, type } = event;
        // An event of long ago says nothing about the token sets after it.
        if (connectionId !== null) reader.forget(connectionId, endings.has(type) ? generation + 1 : generation);
        yield event;
      }
    } finally {
      letGo();
    }
  }
}
