/**
 * Those who go on while keys rotate: readers that check every token, and refreshers that spend every refresh token once.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { App } from "@evergrant/server";
import { type Provider, accessTokenOf } from "./provider.ts";

export interface Use {
  readonly reads: number;
  readonly refreshes: number;
  /** What was answered instead of the right token, by what it was; empty is the promise. */
  readonly failures: ReadonlyMap<string, number>;
  /** How long reads took, in milliseconds. */
  readonly readMs: { readonly median: number; readonly p99: number; readonly longest: number };
}

const readers = 4;
const refreshers = 2;

/**
 * Starts them; `stop` ends them and tells.
 *
 * @param paceMs Between two questions of one of them, so that the rest of the machine gets on too.
 */
export function startUsers(app: App, connectionIds: readonly string[], provider: Provider, paceMs: number): { stop(): Promise<Use> } {
  const caller = app.caller({ id: "rotation", permissions: ["admin"] });
  const failures = new Map<string, number>();
  const durations: number[] = [];
  const over = new AbortController();
  let [refreshes, nextToRefresh] = [0, 0];
  const fail = (what: string) => void failures.set(what, (failures.get(what) ?? 0) + 1);
  // Every set that was the newest at some moment between question and answer is right.
  const judge = (answer: Awaited<ReturnType<typeof caller.tokens.get>>, index: number, setBefore: number) => {
    if (answer.status !== "active") return fail(`${answer.status} ${"reason" in answer ? answer.reason : ""}`);
    for (let set = setBefore; set <= provider.at(index); set += 1) if (answer.accessToken === accessTokenOf(index, set)) return undefined;
    return fail("another token");
  };
  const read = async () => {
    while (!over.signal.aborted) {
      const index = Math.floor(Math.random() * connectionIds.length);
      const setBefore = Math.max(1, provider.at(index) - 1);
      const startedAt = performance.now();
      try {
        judge(await caller.tokens.get({ connectionId: connectionIds[index] ?? "" }), index, setBefore);
      } catch (error) {
        fail(String(error));
      }
      durations.push(performance.now() - startedAt);
      await pause(paceMs);
    }
  };
  const refresh = async () => {
    while (!over.signal.aborted && nextToRefresh < connectionIds.length) {
      const index = nextToRefresh;
      nextToRefresh += 1;
      try {
        const answer = await caller.tokens.refresh({ connectionId: connectionIds[index] ?? "", ifGeneration: 1 });
        judge(answer, index, 2);
        refreshes += 1;
      } catch (error) {
        fail(String(error));
      }
      await pause(paceMs);
    }
  };
  const all = [...Array.from({ length: readers }, read), ...Array.from({ length: refreshers }, refresh)];
  return {
    async stop() {
      over.abort();
      await Promise.all(all);
      const sorted = Float64Array.from(durations).toSorted();
      const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
      return { reads: durations.length, refreshes, failures, readMs: { median: at(0.5), p99: at(0.99), longest: at(1) } };
    },
  };
}
