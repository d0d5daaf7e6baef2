/**
 * Requests that are made to wait until a test lets them go: what makes a race a matter of order, not of luck.
 */
import { concerns, type Operation, type Target } from "./faults.ts";

/** Where a request is stopped: before it is processed, or after, with its answer in hand (a refresh token is then rotated already). */
export type HoldPoint = "before" | "after";

/** One request, held or yet to come. */
export interface Held {
  /** Resolves when the request stands still. */
  readonly arrived: Promise<void>;
  /** Lets it go on; also in advance. */
  release: () => void;
}

export interface Holds {
  /** Stops the next request of that kind. */
  hold: (on: Target, at?: HoldPoint) => Held;
  /** Waits here if somebody holds this request. */
  pass: (operation: Operation, at: HoldPoint) => Promise<void>;
  /** Lets everything go, and forgets holds that met no request. */
  releaseAll: () => void;
}

interface Hold {
  on: Target;
  at: HoldPoint;
  arrive: () => void;
  released: Promise<void>;
  release: () => void;
}

/** Nothing held. */
export function createHolds(): Holds {
  let waiting: Hold[] = [];
  const holding = new Set<Hold>();

  return {
    hold: (on, at = "before") => {
      const [arrived, arrive] = signal();
      const [released, release] = signal();
      waiting.push({ on, at, arrive, released, release });
      return { arrived, release };
    },
    pass: async (operation, at) => {
      const hold = waiting.find((candidate) => candidate.at === at && concerns(candidate.on, operation));
      if (hold === undefined) return;
      waiting = waiting.filter((other) => other !== hold);
      holding.add(hold);
      hold.arrive();
      await hold.released;
      holding.delete(hold);
    },
    releaseAll: () => {
      waiting = [];
      for (const hold of holding) hold.release();
    },
  };
}

function signal(): [promise: Promise<void>, resolve: () => void] {
  const controller = new AbortController();
  const promise = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve());
  });
  return [promise, () => controller.abort()];
}
