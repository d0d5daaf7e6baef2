/**
 * Keeps workers running: the first alone, since it migrates and makes keys; then the others; and another in the place of each that ends.
 */
import type { Log } from "@evergrant/server";
import type { WorkerProcess, WorkerProcesses, WorkerReady } from "./worker-processes.ts";

/** How long after its end a worker's place is taken: from, and doubled up to. */
const shortestPauseMs = 250;
const longestPauseMs = 30_000;
/** A worker that has lived so long has not failed at its start. */
const settledMs = 60_000;
/** Longer than a worker takes to finish what is under way, and less than supervisors allow. */
const stopDeadlineMs = 28_000;

/** How it went: stopped as asked, or the first worker never came up and has said why. */
export type Supervised = { readonly kind: "stopped" } | { readonly kind: "never_ready"; readonly code: number };

/**
 * Runs workers until it is asked to stop.
 *
 * @param request.onReady Called once, when all of them answer.
 */
export async function superviseWorkers(request: {
  processes: WorkerProcesses;
  count: number;
  stopRequested: Promise<void>;
  onReady: (ready: WorkerReady) => void;
  log: Log;
}): Promise<Supervised> {
  const { processes, count, log } = request;
  const running = new Map<number, WorkerProcess>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let isStopping = false;
  const stopped = request.stopRequested.then(() => {
    isStopping = true;
    for (const timer of timers) clearTimeout(timer);
    for (const worker of running.values()) worker.stop();
    return null;
  });

  const start = (number: number): WorkerProcess => {
    const worker = processes.start(number);
    running.set(number, worker);
    return worker;
  };

  /** Watches one place: whoever stands there and ends is followed by another. */
  const keep = (number: number, worker: WorkerProcess, failures: number): void => {
    const startedAt = performance.now();
    const tellReady = async (): Promise<void> => {
      if ((await worker.ready) !== null) log.info({ worker: number }, "a worker is ready");
    };
    const follow = async (): Promise<void> => {
      const { code, signal } = await worker.ended;
      running.delete(number);
      if (isStopping) return;
      const settled = performance.now() - startedAt >= settledMs;
      const pauseMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** (settled ? 0 : failures));
      log.error({ worker: number, code, signal, pauseMs }, "a worker ended; another takes its place");
      const timer = setTimeout(() => {
        timers.delete(timer);
        keep(number, start(number), settled ? 1 : failures + 1);
      }, pauseMs);
      timers.add(timer);
    };
    void tellReady();
    void follow();
  };

  const first = start(1);
  const ready = await Promise.race([first.ready, stopped]);
  if (ready === null && !isStopping) {
    const { code } = await first.ended;
    return { kind: "never_ready", code: code ?? 1 };
  }
  if (ready !== null) {
    keep(1, first, 0);
    const others = Array.from({ length: count - 1 }, (_, index) => ({ number: index + 2, worker: start(index + 2) }));
    for (const { number, worker } of others) keep(number, worker, 0);
    // One that fails at its start is started again; that it is late keeps nobody from using the rest.
    await Promise.race([Promise.all(others.map(({ worker }) => worker.ready)), stopped]);
    if (!isStopping) request.onReady(ready);
  }
  await stopped;
  await allEnded([...running.values()]);
  return { kind: "stopped" };
}

async function allEnded(workers: readonly WorkerProcess[]): Promise<void> {
  const timer = setTimeout(() => {
    for (const worker of workers) worker.kill();
  }, stopDeadlineMs);
  await Promise.all(workers.map((worker) => worker.ended));
  clearTimeout(timer);
}
