/**
 * One refresh for each connection in this process, however many callers wait for it. A flight belongs to none of them: no caller's
 * going away ends it.
 */
import type { Pause } from "./provider-health.ts";

export interface Flights {
  /** Starts the flight of `key`, or joins the one under way. */
  run(key: string, fly: () => Promise<FlightResult>): Promise<FlightResult>;
  /** Keeps a promise that nobody waits for among the work that `drain` waits for. */
  keep(work: Promise<unknown>): void;
  /** Resolves when nothing is under way, or after `deadlineMs`: true, or false if something still was. */
  drain(deadlineMs: number): Promise<boolean>;
}

/**
 * How a refresh ended. `settled`: in the row, for all to read. `paused`: nothing was tried, since its provider is not to be asked now.
 * The others are this process's own trouble with its keys.
 */
export type FlightResult =
  | { readonly kind: "settled" | "secret_unreadable" | "key_unavailable" }
  | { readonly kind: "paused"; readonly pause: Pause };

export const settled: FlightResult = { kind: "settled" };

export function createFlights(): Flights {
  const flying = new Map<string, Promise<FlightResult>>();
  const kept = new Set<Promise<unknown>>();

  const keep = (work: Promise<unknown>): void => {
    kept.add(work);
    void work.then(
      () => kept.delete(work),
      () => kept.delete(work),
    );
  };

  return {
    run(key, fly) {
      const under = flying.get(key);
      if (under !== undefined) return under;
      const flight = fly().finally(() => flying.delete(key));
      flying.set(key, flight);
      keep(flight);
      return flight;
    },
    keep,
    async drain(deadlineMs) {
      const deadline = after(deadlineMs, "late" as const);
      try {
        while (kept.size > 0) {
          if ((await Promise.race([deadline.reached, Promise.allSettled(kept)])) === "late") return false;
        }
        return true;
      } finally {
        deadline.cancel();
      }
    },
  };
}

/** `work`, or null once `patienceMs` have passed; the work goes on either way. */
export async function withPatience<Result>(work: Promise<Result>, patienceMs: number): Promise<Result | null> {
  const deadline = after(patienceMs, null);
  try {
    return await Promise.race([work, deadline.reached]);
  } finally {
    deadline.cancel();
  }
}

/** Waits `ms` milliseconds of real time. */
export function pause(ms: number): Promise<void> {
  return after(ms, undefined).reached;
}

function after<Value>(ms: number, value: Value): { reached: Promise<Value>; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const reached = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(value), ms);
  });
  return { reached, cancel: () => clearTimeout(timer) };
}
