import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Scene, fuzz } from "./fuzz/target.ts";
import { targets } from "./fuzz/targets.ts";

const shortRuns = 400;

describe("whatever callers and providers send is handled", () => {
  it.each(targets.map((target) => [target.name, target] as const))("%s", async (_name, { share, fuzz: run }) => {
    const { tried, unhandled } = await run({ runs: shortRuns * share, seed: 2_026 });
    expect(unhandled).toEqual([]);
    expect(tried).toBe(shortRuns * share);
  });

  it("an answer that breaks a promise would be counted, and a rejection that nobody handles", async () => {
    const sceneOf = (attempt: (input: number) => Promise<void>): Scene<number> => ({
      inputs: fc.nat({ max: 100 }),
      attempt,
      [Symbol.asyncDispose]: async () => {},
    });
    const counts = await Promise.all([
      fuzz({ name: "throws", open: async () => sceneOf(async (input) => expect(input).toBeLessThan(50)) }, { runs: 100, seed: 1 }),
      fuzz({ name: "holds", open: async () => sceneOf(async () => {}) }, { runs: 100, seed: 1 }),
    ]);
    expect(counts.map(({ unhandled }) => unhandled.length)).toEqual([1, 0]);
    expect(counts[0].unhandled[0]).toContain("[50]");
  });
});
