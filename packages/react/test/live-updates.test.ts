import { type EventsOptions, EvergrantRequestError } from "@evergrant/client";
import type { EvergrantEvent } from "@evergrant/schema";
import { expect, it, vi } from "vitest";
import { followLive } from "../src/live-updates.ts";
import type { TabMessage } from "../src/tabs.ts";

function event(id: number, at: Date = new Date(0)): EvergrantEvent {
  const type = "connection.refreshed";
  return { id, type, at: at.toISOString(), integration: "sandbox", subject: "alice", connectionId: null, generation: 1, details: {} };
}

/** A tab that follows; `answers` are what its streams bring, one after another, and the last one stays open. */
function followIn({
  newest,
  answers = [],
  subjects = [],
}: {
  newest?: EvergrantEvent;
  answers?: (number[] | Error)[];
  subjects?: Error[];
}) {
  const begun: number[] = [];
  const told: TabMessage[] = [];
  const pauses: number[] = [];
  let changes = 0;
  let hear: (message: TabMessage) => void = () => expect.unreachable();
  const stream = async function* ({ after = 0, signal }: EventsOptions = {}) {
    begun.push(after);
    const answer = answers.shift() ?? [];
    if (answer instanceof Error) throw answer;
    for (const id of answer) yield event(id);
    if (answers.length === 0) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  };
  const stop = followLive({
    client: {
      events: Object.assign(stream, {
        list: () => Promise.resolve({ events: newest === undefined ? [] : [newest], nextAfter: null }),
      }),
    },
    url: "https://evergrant.test",
    subject: () => {
      const failure = subjects.shift();
      return failure === undefined ? Promise.resolve("alice") : Promise.reject(failure);
    },
    tabs: {
      tell: (message) => told.push(message),
      listen: (listener) => {
        hear = listener;
        return () => undefined;
      },
    },
    onChange: () => {
      changes += 1;
    },
    locks: undefined,
    pause: async (ms) => {
      pauses.push(ms);
    },
  });
  return { begun, told, pauses, stop, hear: (message: TabMessage) => hear(message), changes: () => changes };
}

it("begins after the newest event, and tells this tab and the others of each one after it", async () => {
  const { begun, told, changes, stop } = followIn({ newest: event(7), answers: [[8, 9]] });
  await vi.waitFor(() => expect(changes()).toBe(2));
  expect(begun).toEqual([7]);
  expect(told).toEqual([8, 9].map((eventId) => ({ kind: "changed", eventId })));
  stop();
});

it("fetches anew where the newest event is so young that the page may not have it", async () => {
  const { begun, changes, stop } = followIn({ newest: event(7, new Date()) });
  await vi.waitFor(() => expect(begun).toEqual([7]));
  expect(changes()).toBe(1);
  stop();
});

it("takes over after the last event that any tab has told of", async () => {
  const { begun, hear, stop } = followIn({ newest: event(7), subjects: [new Error("nobody is signed in")] });
  hear({ kind: "changed", eventId: 12 });
  hear({ kind: "changed", eventId: null });
  await vi.waitFor(() => expect(begun).toEqual([12]));
  stop();
});

it("tries again after a pause where no session can be had, and goes on from where it was", async () => {
  const { begun, pauses, stop } = followIn({
    newest: event(3),
    subjects: [new Error("nobody is signed in")],
    answers: [[4, 5], [6]],
  });
  await vi.waitFor(() => expect(begun).toEqual([3, 5]));
  expect(pauses).toEqual([30_000, 30_000]);
  stop();
});

it("gives up quietly where the server refuses", async () => {
  const refused = new EvergrantRequestError("no", { procedure: "events.stream", reason: null, httpStatus: 403 });
  const { begun, pauses } = followIn({ answers: [refused, [1]] });
  await vi.waitFor(() => expect(begun).toEqual([0]));
  await new Promise((resolve) => setImmediate(resolve));
  expect([begun, pauses]).toEqual([[0], []]);
});
