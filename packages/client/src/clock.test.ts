import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createClock } from "./clock.ts";

let awakeMs = 0;
let wallMs = 0;

beforeEach(() => {
  awakeMs = 5_000;
  wallMs = 1_900_000_000_000;
  vi.spyOn(performance, "now").mockImplementation(() => awakeMs);
  vi.spyOn(Date, "now").mockImplementation(() => wallMs);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function pass(awake: number, wall: number): void {
  awakeMs += awake;
  wallMs += wall;
}

it("goes by the monotonic clock", () => {
  const now = createClock();
  const began = now();
  pass(1_000, 1_000);
  expect(now() - began).toBe(1_000);
});

it("counts time asleep, in which the monotonic clock stands still, and goes on from there", () => {
  const now = createClock();
  const began = now();
  pass(10, 3_600_000);
  expect(now() - began).toBe(3_600_000);
  pass(1_000, 1_000);
  expect(now() - began).toBe(3_601_000);
});

it("never runs backwards, nor stands still, when the wall clock is put back", () => {
  const now = createClock();
  const began = now();
  pass(1_000, -7_200_000);
  expect(now() - began).toBe(1_000);
  pass(1_000, 1_000);
  expect(now() - began).toBe(2_000);
  pass(0, 14_400_000);
  const slept = now();
  expect(slept).toBeGreaterThan(began + 2_000);
  pass(1_000, -14_400_000);
  expect(now() - slept).toBe(1_000);
});

it("does not run fast because the wall clock has whole milliseconds only", () => {
  const now = createClock();
  const began = now();
  for (let tick = 0; tick < 10_000; tick += 1) {
    pass(0.1, tick % 10 === 9 ? 1 : 0);
    now();
  }
  expect(now() - began).toBeLessThanOrEqual(1_001);
});
