import { expect, it } from "vitest";
import { sharesOf } from "./shares.ts";

const items = Array.from({ length: 12 }, (_, index) => index);

it("deals everything out once, at random, and the same way every time", () => {
  const shares = sharesOf(items, { callers: 4, together: 1 });
  expect(shares.map((share) => share.length)).toEqual([3, 3, 3, 3]);
  expect(shares.flat()).not.toEqual(items);
  expect(shares.flat().toSorted((a, b) => a - b)).toEqual(items);
  expect(sharesOf(items, { callers: 4, together: 1 })).toEqual(shares);
});

it("gives callers who ask together the same in the same order, and other groups something else", () => {
  const [first, second, third, fourth] = sharesOf(items, { callers: 4, together: 2 });
  expect(second).toEqual(first);
  expect(fourth).toEqual(third);
  expect([...(first ?? []), ...(third ?? [])].toSorted((a, b) => a - b)).toEqual(items);
});

it("refuses what does not go round", () => {
  expect(() => sharesOf(items, { callers: 5, together: 1 })).toThrow("12 do not go round in 5");
  expect(() => sharesOf(items, { callers: 6, together: 4 })).toThrow("no whole number of groups");
});
