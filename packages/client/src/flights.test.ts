import { expect, it } from "vitest";
import { createFlights } from "./flights.ts";

function startFlights() {
  let nowMs = 0;
  return {
    flights: createFlights<string>({ maxAgeMs: 30_000, now: () => nowMs }),
    passMs: (ms: number) => {
      nowMs += ms;
    },
  };
}

it("who asks the same shares a flight, who asks something else has one of their own", async () => {
  const { flights } = startFlights();
  let started = 0;
  const start = async () => `flight ${(started += 1)}`;
  expect(await Promise.all([flights.share("a", start), flights.share("a", start), flights.share("b", start)])).toEqual([
    "flight 1",
    "flight 1",
    "flight 2",
  ]);
  expect(await flights.share("a", start)).toBe("flight 3");
});

it("a flight that failed is over, for everybody and for good", async () => {
  const { flights } = startFlights();
  const failing = () => Promise.reject(new Error("failed"));
  const both = await Promise.allSettled([flights.share("a", failing), flights.share("a", failing)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await flights.share("a", () => Promise.resolve("again"))).toBe("again");
});

it("one that cannot land is joined no longer than its time, and does not end its successor", async () => {
  const { flights, passMs } = startFlights();
  let land = () => {};
  const stuck = new Promise<string>((resolve) => {
    land = () => resolve("late");
  });
  void flights.share("a", () => stuck);
  passMs(29_999);
  expect(flights.share("a", () => Promise.resolve("another"))).toBe(stuck);
  passMs(1);
  const successor = new Promise<string>(() => undefined);
  expect(flights.share("a", () => successor)).toBe(successor);
  land();
  await stuck;
  expect(flights.share("a", () => Promise.resolve("another"))).toBe(successor);
});
