import { afterEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "./database.ts";
import { openDatabaseClock } from "./database-clock.ts";

const realMs = Date.now.bind(Date);
const hourMs = 3_600_000;
/** What this machine's settable clock says from now on, compared with what it should. */
const setClock = (aheadMs: number) => vi.spyOn(Date, "now").mockImplementation(() => realMs() + aheadMs);
const isRight = (instant: Date) => Math.abs(instant.getTime() - realMs()) < 2_000;

afterEach(() => vi.restoreAllMocks());

describe("the clock of a process that is handed none", () => {
  it.each([-hourMs, hourMs])("is the database's where its own is wrong by %d ms", async (aheadMs) => {
    setClock(aheadMs);
    const database = await openDatabase({ url: "file::memory:" });
    const clock = await openDatabaseClock(database);
    expect(isRight(clock.now())).toBe(true);
    database.close();
  });

  it("goes on where its own is set back by an hour", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    const clock = await openDatabaseClock(database);
    setClock(-hourMs);
    expect(isRight(clock.now())).toBe(true);
    database.close();
  });

  it("believes a clock that has moved on where the counting one stood still, as in a machine that slept, until the database says more", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    const clock = await openDatabaseClock(database);
    setClock(hourMs);
    expect(clock.now().getTime()).toBeGreaterThan(realMs() + hourMs - 2_000);
    await vi.waitFor(() => expect(isRight(clock.now())).toBe(true));
    database.close();
  });

  it("is not disturbed by a database that does not answer", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    const clock = await openDatabaseClock(database);
    database.close();
    setClock(-hourMs);
    expect(isRight(clock.now())).toBe(true);
    await expect(clock.measure()).rejects.toMatchObject({ code: "store_unavailable" });
    expect(isRight(clock.now())).toBe(true);
  });
});
