/**
 * Single flight: callers who ask the same at the same time share one request. It belongs to none of them.
 */

export interface Flights<T> {
  /** Joins the flight of that name, or starts it. */
  share(name: string, start: () => Promise<T>): Promise<T>;
}

/**
 * `maxAgeMs`: a flight older than this is not joined any more. It is one that cannot land: edge runtimes drop what a request began
 * when that request has been answered.
 */
export function createFlights<T>({ maxAgeMs, now }: { maxAgeMs: number; now: () => number }): Flights<T> {
  const flights = new Map<string, { promise: Promise<T>; startedAtMs: number }>();
  return {
    share: (name, start) => {
      const under = flights.get(name);
      if (under !== undefined && now() - under.startedAtMs < maxAgeMs) return under.promise;
      const flight = { promise: start(), startedAtMs: now() };
      flights.set(name, flight);
      const land = () => {
        if (flights.get(name) === flight) flights.delete(name);
      };
      // Handled here too: every caller may have gone before it fails.
      flight.promise.then(land, land);
      return flight.promise;
    },
  };
}
