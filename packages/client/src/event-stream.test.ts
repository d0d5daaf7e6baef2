import type { EvergrantEvent } from "@evergrant/schema";
import { expect, it } from "vitest";
import { EvergrantRequestError, EvergrantUnreachableError } from "./errors.ts";
import { followEvents } from "./event-stream.ts";

const event = (id: number) => ({ id, type: "connection.refreshed", connectionId: "con_00000001", generation: id }) as EvergrantEvent;
const message = (id: number) => `id: ${id}\ndata: ${JSON.stringify(event(id))}\n\n`;
const greeting = `event: connected\ndata: {"reconnectAfterInactivityMs":45000}\n\n`;

/** A server of scripted connections: each is the pieces that it sends, or what it fails with. */
function serve(connections: readonly (readonly string[] | Error)[]) {
  const asked: number[] = [];
  const pauses: number[] = [];
  const ending = new AbortController();
  const open = async (_path: string, input: object): Promise<Response> => {
    asked.push((input as { after: number }).after);
    const next = connections[asked.length - 1];
    if (next instanceof Error) throw next;
    if (next === undefined) ending.abort();
    const pieces = new ReadableStream<string>({
      start: (controller) => {
        for (const piece of next ?? []) controller.enqueue(piece);
        controller.close();
      },
    });
    return new Response(pieces.pipeThrough(new TextEncoderStream()));
  };
  const pause = async (ms: number) => void pauses.push(ms);
  const read = async (after = 0) => {
    const ids: number[] = [];
    for await (const { id } of followEvents({ transport: { open }, after, signal: ending.signal, pause })) ids.push(id);
    return ids;
  };
  return { asked, pauses, read };
}

it("resumes after the last event that it handed out, and nothing is lost or doubled", async () => {
  // The second connection breaks off within an event; the third repeats one.
  const { asked, read } = serve([
    [greeting, message(4), message(5)],
    [greeting, message(6), message(7).slice(0, 30)],
    [greeting, message(6), message(7), "event: return\ndata: \n\n"],
  ]);
  expect(await read(3)).toEqual([4, 5, 6, 7]);
  expect(asked).toEqual([3, 5, 6, 7]);
});

it("reads events however the network cuts them", async () => {
  const text = greeting + message(1) + ": a comment\n\n" + message(2);
  const { read } = serve([text.split("")]);
  expect(await read()).toEqual([1, 2]);
});

it("outlives a server that is away, pausing longer each time, and starts anew with a sign of life", async () => {
  const away = new EvergrantUnreachableError("away", null);
  const { asked, pauses, read } = serve([...Array.from({ length: 9 }, () => away), ["event: ping\ndata: \n\n"]]);
  expect(await read(8)).toEqual([]);
  expect(new Set(asked)).toEqual(new Set([8]));
  expect(pauses).toHaveLength(10);
  for (const [failures, pause] of pauses.entries())
    expect(pause).toBeLessThanOrEqual(failures === 9 ? 500 : Math.min(30_000, 500 * 2 ** failures));
});

it("connects anew where the server reports trouble inside a stream", async () => {
  const { asked, read } = serve([[greeting, message(1), `event: serialized-error\ndata: {"code":-32603}\n\n`], [message(2)]]);
  expect(await read()).toEqual([1, 2]);
  expect(asked).toEqual([0, 1, 2]);
});

it("ends with the server's refusal", async () => {
  const refusal = new EvergrantRequestError("no", { procedure: "events.stream", reason: null, httpStatus: 401 });
  const { read } = serve([[message(1)], refusal]);
  await expect(read()).rejects.toBe(refusal);
});
