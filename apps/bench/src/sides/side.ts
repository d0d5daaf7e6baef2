/**
 * A side: one of the servers that are measured beside each other, in a process of its own.
 */
import { answerQuestions } from "../child.ts";
import type { LoadRequest } from "../load.ts";

/** What a side is asked; `prepare` comes first. */
export type SideQuestion =
  | { readonly kind: "prepare"; readonly settings: SideSettings }
  | { readonly kind: "in_process"; readonly call: string; readonly milliseconds: number };

export interface SideSettings {
  /** An empty folder for its database. */
  readonly folder: string;
  readonly subjects: number;
  readonly connectionsPerSubject: number;
  readonly accessTokenBytes: number;
}

/** A side that is up. */
export interface PreparedSide {
  readonly url: string;
  /** By the name of the measurement; one whole answer of each was looked at. */
  readonly requests: Readonly<Record<string, readonly LoadRequest[]>>;
  /** Calls that can be measured in process. */
  readonly calls: readonly string[];
}

/** Calls in process: by the name of each, what its n-th call is. */
type Calls = Readonly<Record<string, (round: number) => Promise<unknown>>>;

/** In the side's process: prepares it when asked, and measures its calls. */
export function serveSide(prepare: (settings: SideSettings) => Promise<Omit<PreparedSide, "calls"> & { calls: Calls }>): void {
  let calls: Calls = {};
  answerQuestions(async (question: SideQuestion): Promise<PreparedSide | number> => {
    if (question.kind === "prepare") {
      const prepared = await prepare(question.settings);
      calls = prepared.calls;
      return { ...prepared, calls: Object.keys(calls) };
    }
    const call = calls[question.call];
    if (call === undefined) throw new Error(`this side has no call ${question.call}`);
    return rateOf(call, question.milliseconds);
  });
}

/** How many different requests a load goes round in. */
export const requestCount = 2_000;

/** Numbers of connections at random, and the same ones every time. */
export function randomNumbers(count: number, below: number): number[] {
  let state = 42;
  return Array.from({ length: count }, () => {
    // Lehmer's generator with Park and Miller's multiplier: enough to spread reads, and the same for every side.
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  });
}

/** Calls one after the other, as a caller who waits for each answer; calls a second. */
async function rateOf(call: (round: number) => Promise<unknown>, milliseconds: number): Promise<number> {
  const startedAt = performance.now();
  let calls = 0;
  let tookMs = 0;
  while (tookMs < milliseconds) {
    for (let index = 0; index < 20; index += 1) await call(calls + index);
    calls += 20;
    tookMs = performance.now() - startedAt;
  }
  return (calls / tookMs) * 1_000;
}
