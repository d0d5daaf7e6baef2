/**
 * The clock of processes that are handed none: the database's, carried on from one look at it to the next, so that processes on machines
 * whose clocks differ agree on when a token has expired.
 *
 * In between it goes by this machine's two clocks. One may be set, back or forth, at any moment; the other, which only counts, stands
 * still while a machine sleeps. Where they disagree the later one is believed, since a token that is taken for expired too early costs
 * a refresh, and one that is answered too late costs the caller; and the database is asked again.
 */
import type { Database } from "./database.ts";
import { readDatabaseClock } from "./leases-store.ts";

export interface DatabaseClock {
  now(): Date;
  /** Compares the two clocks again; call it now and then, since clocks drift. */
  measure(): Promise<void>;
}

/** A moment on all three clocks. */
interface Moment {
  readonly databaseMs: number;
  readonly setMs: number;
  readonly countedMs: number;
}

/** What a round trip may be wrong by: smaller differences are taken for none. */
const toleranceMs = 1_000;

/** Opens the clock, measured once. */
export async function openDatabaseClock(database: Database): Promise<DatabaseClock> {
  let last = await compare(database);
  let measuring: Promise<void> | null = null;
  const remeasure = async (): Promise<void> => {
    try {
      last = await compare(database);
    } finally {
      measuring = null;
    }
  };
  const measure = (): Promise<void> => (measuring ??= remeasure());
  return {
    now() {
      const setMs = Date.now() - last.setMs;
      const countedMs = performance.now() - last.countedMs;
      // Fails with the database: then the next call asks again.
      if (Math.abs(setMs - countedMs) > toleranceMs) measure().catch(() => undefined);
      return new Date(Math.round(last.databaseMs + Math.max(setMs, countedMs)));
    },
    measure,
  };
}

async function compare(database: Database): Promise<Moment> {
  const [setBeforeMs, countedBeforeMs] = [Date.now(), performance.now()];
  const databaseMs = await readDatabaseClock(database);
  const [setMs, countedMs] = [Date.now(), performance.now()];
  const passedMs = (countedMs - countedBeforeMs) / 2;
  const isNear = Math.abs(databaseMs - (setBeforeMs + passedMs)) < toleranceMs;
  return { databaseMs: isNear ? setMs : databaseMs + passedMs, setMs, countedMs };
}
