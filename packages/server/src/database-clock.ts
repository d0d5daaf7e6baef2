/**
 * The clock of processes that are handed none: their own, set by the database's, so that processes on machines whose clocks differ agree
 * on when a token has expired.
 */
import type { Database } from "./database.ts";
import { readDatabaseClock } from "./leases-store.ts";

export interface DatabaseClock {
  now(): Date;
  /** Compares the two clocks again; call it now and then, since clocks drift. */
  measure(): Promise<void>;
}

/** What a round trip may be wrong by: smaller differences are taken for none. */
const toleranceMs = 1_000;

/** Opens the clock, measured once. */
export async function openDatabaseClock(database: Database): Promise<DatabaseClock> {
  let offsetMs = 0;
  const clock: DatabaseClock = {
    now: () => new Date(Date.now() + offsetMs),
    async measure() {
      const askedAt = Date.now();
      const databaseMs = await readDatabaseClock(database);
      const differenceMs = databaseMs - (askedAt + Date.now()) / 2;
      offsetMs = Math.abs(differenceMs) < toleranceMs ? 0 : Math.round(differenceMs);
    },
  };
  await clock.measure();
  return clock;
}
