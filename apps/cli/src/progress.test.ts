import { expect, it } from "vitest";
import { rememberingOutput } from "../test/surroundings.ts";
import { startProgress } from "./progress.ts";

function clock() {
  let ms = 1_000_000;
  return { now: () => new Date(ms), advance: (by: number) => void (ms += by) };
}

it("is JSON lines for a program, one a second and one at the end", () => {
  const [stderr, { now, advance }] = [rememberingOutput(), clock()];
  const progress = startProgress(stderr, { what: "rows", total: 100, now });
  for (let step = 0; step < 10; step += 1) {
    advance(250);
    progress.add(10);
  }
  progress.end();
  const lines = stderr
    .text()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([
    { progress: { done: 10, total: 100, perSecond: 40 } },
    { progress: { done: 50, total: 100, perSecond: 40 } },
    { progress: { done: 90, total: 100, perSecond: 40 } },
    { progress: { done: 100, total: 100, perSecond: 40 } },
  ]);
});

it("is a bar on a terminal, on one line that is clear again at the end", () => {
  const [stderr, { now, advance }] = [rememberingOutput(true), clock()];
  const progress = startProgress(stderr, { what: "rows", total: 60, now });
  advance(1_000);
  progress.add(30);
  advance(1_000);
  progress.add(40); // more than was thought
  progress.end();
  const [, half, whole, last] = stderr.text().split("\r");
  expect(half).toBe(`${"█".repeat(15)}${"░".repeat(15)} 30 of 60 rows, 30 a second\u001B[K`);
  expect(whole).toBe(`${"█".repeat(30)} 70 of 70 rows, 35 a second\u001B[K`);
  expect(last).toBe("\u001B[K");
});

it("of nothing is whole", () => {
  const stderr = rememberingOutput(true);
  const progress = startProgress(stderr, { what: "rows", total: 0, now: clock().now });
  progress.add(0);
  expect(stderr.text()).toContain("█".repeat(30));
});
