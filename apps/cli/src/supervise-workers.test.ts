import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Supervised, superviseWorkers } from "./supervise-workers.ts";
import type { WorkerProcess, WorkerReady } from "./worker-processes.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const listening: WorkerReady = { publicUrl: "http://127.0.0.1:4000", listensAt: "http://127.0.0.1:4000", integrations: [] };

interface Played extends WorkerProcess {
  readonly number: number;
  come(): void;
  end(code: number | null, signal?: string): void;
  readonly isAskedToStop: boolean;
}

/** Workers that come up and end when the test says so. */
function stage(count: number) {
  const started: Played[] = [];
  const start = (number: number): WorkerProcess => {
    let come = (_ready: WorkerReady | null) => {};
    let end = (_end: { code: number | null; signal: string | null }) => {};
    const ready = new Promise<WorkerReady | null>((resolve) => (come = resolve));
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => (end = resolve));
    let isAskedToStop = false;
    const worker: Played = {
      number,
      ready,
      ended,
      come: () => come(listening),
      end: (code, signal) => {
        come(null);
        end({ code, signal: signal ?? null });
      },
      stop: () => {
        isAskedToStop = true;
      },
      kill: () => end({ code: null, signal: "SIGKILL" }),
      get isAskedToStop() {
        return isAskedToStop;
      },
    };
    started.push(worker);
    return worker;
  };
  let stop = () => {};
  const stopRequested = new Promise<void>((resolve) => (stop = resolve));
  const onReady = vi.fn<(ready: WorkerReady) => void>();
  const errors: Record<string, unknown>[] = [];
  const log = { info: () => {}, warn: () => {}, error: (fields: Record<string, unknown>) => void errors.push(fields) };
  const done: Promise<Supervised> = superviseWorkers({ processes: { parent: null, start }, count, stopRequested, onReady, log });
  return { started, stop, onReady, errors, done, at: (index: number) => found(started, index) };
}

function found(started: readonly Played[], index: number): Played {
  const worker = started[index];
  if (worker === undefined) throw new Error(`there is no worker ${index}`);
  return worker;
}

const settle = () => vi.advanceTimersByTimeAsync(0);

it("the first worker starts alone, and all are ready before anybody is told", async () => {
  const { started, at, onReady } = stage(3);
  expect(started).toHaveLength(1);
  at(0).come();
  await settle();
  expect(started.map(({ number }) => number)).toEqual([1, 2, 3]);
  at(1).come();
  await settle();
  expect(onReady).not.toHaveBeenCalled();
  at(2).come();
  await settle();
  expect(onReady).toHaveBeenCalledExactlyOnceWith(listening);
});

it("a first worker that never comes up ends it all with its own exit code", async () => {
  const { started, at, done } = stage(2);
  at(0).end(3);
  expect(await done).toEqual({ kind: "never_ready", code: 3 });
  expect(started).toHaveLength(1);
});

it("a worker that ends is followed by another: at once at first, later and later if it keeps failing, at once again if it had settled", async () => {
  const { started, at, errors } = stage(2);
  at(0).come();
  await settle();
  at(1).come();
  const pauses: unknown[] = [];
  for (let failure = 0; failure < 9; failure += 1) {
    at(started.length - 1).end(null, "SIGKILL");
    await settle();
    pauses.push(errors.at(-1)?.["pauseMs"]);
    await vi.advanceTimersByTimeAsync(Number(errors.at(-1)?.["pauseMs"]));
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(started.slice(2).every(({ number }) => number === 2)).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  at(started.length - 1).end(1);
  await settle();
  expect(errors.at(-1)).toEqual({ worker: 2, code: 1, signal: null, pauseMs: 250 });
});

it("asked to stop, it asks every worker, waits for all, starts no more, and kills who does not end in time", async () => {
  const { started, at, stop, done } = stage(2);
  at(0).come();
  await settle();
  at(1).come();
  at(1).end(1);
  await settle();
  stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(at(0).isAskedToStop).toBe(true);
  expect(started).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(28_000);
  expect(await done).toEqual({ kind: "stopped" });
});

it("asked to stop before the first worker is ready, it stops that one", async () => {
  const { started, at, stop, done } = stage(2);
  stop();
  await settle();
  expect(at(0).isAskedToStop).toBe(true);
  at(0).end(0);
  expect(await done).toEqual({ kind: "stopped" });
  expect(started).toHaveLength(1);
});
