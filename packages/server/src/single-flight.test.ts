import { describe, expect, it } from "vitest";
import { type FlightResult, createFlights, settled, withPatience } from "./single-flight.ts";

function pending() {
  const land: ((result: FlightResult) => void)[] = [];
  let flown = 0;
  const fly = () => {
    flown += 1;
    return new Promise<FlightResult>((resolve) => land.push(resolve));
  };
  return { fly, land: () => land.splice(0).forEach((resolve) => resolve(settled)), flown: () => flown };
}

describe("createFlights", () => {
  it("lets many callers share one flight, and begins another once it has landed", async () => {
    const flights = createFlights();
    const { fly, land, flown } = pending();
    const shared = Promise.all([flights.run("a", fly), flights.run("a", fly), flights.run("b", fly)]);
    expect(flown()).toBe(2);
    land();
    await shared;
    const later = flights.run("a", fly);
    expect(flown()).toBe(3);
    land();
    await later;
  });

  it("forgets a flight that failed", async () => {
    const flights = createFlights();
    await expect(flights.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await flights.run("a", async () => settled)).toBe(settled);
  });

  it("drains: waits for what is under way, and says if its time was not enough", async () => {
    const flights = createFlights();
    const { fly, land } = pending();
    const flight = flights.run("a", fly);
    expect(await flights.drain(10)).toBe(false);
    const drained = flights.drain(5_000);
    land();
    expect(await drained).toBe(true);
    await flight;
  });
});

describe("withPatience", () => {
  it("gives up waiting, and leaves the work alone", async () => {
    const { fly, land } = pending();
    const work = fly();
    expect(await withPatience(work, 10)).toBeNull();
    land();
    expect(await withPatience(work, 1_000)).toBe(settled);
  });
});
