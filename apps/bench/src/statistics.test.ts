import { expect, it } from "vitest";
import { percentile, ratioOf, spreadOf } from "./statistics.ts";

it("takes the middle of an odd and of an even number of rounds", () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, lowest: 1, highest: 5 });
  expect(spreadOf([4, 1, 3, 2]).median).toBe(2.5);
});

it("takes percentiles between neighbours", () => {
  const sorted = Array.from({ length: 101 }, (_, index) => index);
  expect([0, 50, 99, 100].map((percent) => percentile(sorted, percent))).toEqual([0, 50, 99, 100]);
  expect(percentile([10, 20], 75)).toBe(17.5);
  expect(() => percentile([], 50)).toThrow(RangeError);
});

it("compares round with round, so that a slow round does not count against one side", () => {
  expect(ratioOf([20, 2, 40], [10, 1, 10])).toEqual({ median: 2, lowest: 2, highest: 4 });
});
