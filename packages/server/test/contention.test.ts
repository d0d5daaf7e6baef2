import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../src/database.ts";
import { migrate } from "../src/migrate.ts";
import { events, refreshSchedule } from "../src/tables.ts";
import type { WriterReport, WriterTask } from "./contention-writer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How long each case writes; `EVERGRANT_CONTENTION_SECONDS=20` makes it the long run. */
const durationMs = 1_000 * Number(process.env["EVERGRANT_CONTENTION_SECONDS"] ?? 3);
const names = ["one", "two"];

async function startWriter(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("contention-writer.ts", import.meta.url)), {
    execArgv: ["--conditions=evergrant-source", "--disable-warning=ExperimentalWarning"],
  });
  await once(child, "message");
  return child;
}

async function write(child: ChildProcess, task: WriterTask): Promise<WriterReport> {
  child.send(task);
  const [report]: WriterReport[] = await once(child, "message");
  if (report === undefined) throw new Error("the writer said nothing");
  return report;
}

/** Lets the writers loose on a fresh file, and counts what they left there. */
async function contend(how: Pick<WriterTask, "busyTimeoutMs" | "unguarded">) {
  await using folder = await temporaryFolder();
  const url = folder.databaseUrl();
  const database = await openDatabase({ url });
  await migrate(database);
  await database.orm.insert(refreshSchedule).values(names.map((name) => ({ connectionId: name, state: "active" as const, generation: 0 })));
  const writers = await Promise.all(names.map(async (name) => ({ name, child: await startWriter() })));
  const reports = await Promise.all(writers.map(({ name, child }) => write(child, { url, name, durationMs, ...how })));
  const found = await Promise.all(
    names.map(async (name) => {
      const rows = await database.orm.select({ number: events.generation }).from(events).where(eq(events.subject, name)).orderBy(events.id);
      const [schedule] = await database.orm.select().from(refreshSchedule).where(eq(refreshSchedule.connectionId, name));
      return { numbers: rows.map((row) => row.number), batches: schedule?.generation ?? 0 };
    }),
  );
  database.close();
  return { reports, found };
}

describe("two processes that write to one file", () => {
  it.each([20, 0])(
    "find every acknowledged write there, and no other, with a busy timeout of %d ms",
    { timeout: durationMs + 30_000 },
    async (busyTimeoutMs) => {
      const { reports, found } = await contend({ busyTimeoutMs, unguarded: false });
      expect(found.map(({ numbers }) => numbers)).toEqual(reports.map(({ acknowledged }) => acknowledged));
      expect(found.map(({ batches }) => batches)).toEqual(
        reports.map(({ acknowledged }) => acknowledged.filter((number) => number % 2 === 1).length),
      );
      expect(reports.map(({ refused }) => refused)).toEqual([{}, {}]);
      // Neither is shut out.
      expect(Math.min(...reports.map(({ acknowledged }) => acknowledged.length))).toBeGreaterThan(0);
    },
  );

  it("would lose acknowledged writes by libSQL's own client, without the guard", { timeout: durationMs + 30_000 }, async () => {
    const { reports, found } = await contend({ busyTimeoutMs: 0, unguarded: true });
    const acknowledged = reports.reduce((sum, report) => sum + report.acknowledged.length, 0);
    const written = found.reduce((sum, { numbers }) => sum + numbers.length, 0);
    expect(written).toBeLessThan(acknowledged);
  });
});
