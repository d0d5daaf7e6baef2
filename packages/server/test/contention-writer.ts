/**
 * One of several processes that write to one file as fast as they can: says at its end which writes were acknowledged to it.
 *
 * Run by `contention.test.ts`; ends by itself.
 */
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { createClient } from "@libsql/client";
import { eq, sql } from "drizzle-orm";
import { openDatabase } from "../src/database.ts";
import { events, refreshSchedule } from "../src/tables.ts";

/** What the parent sends: where to write, as whom, how, and for how long. */
export interface WriterTask {
  readonly url: string;
  readonly name: string;
  readonly durationMs: number;
  readonly busyTimeoutMs: number;
  /** Past the door, with libSQL's own client: what the guard is there for. */
  readonly unguarded: boolean;
}

/** What the writer answers: for each write that was acknowledged its number, and how many were refused for another reason than BUSY. */
export interface WriterReport {
  readonly acknowledged: number[];
  readonly refused: Record<string, number>;
}

type Write = (number: number) => Promise<void>;

process.once("message", (task: WriterTask) => void run(task).then((report) => process.send?.(report, () => process.disconnect())));
// The parent waits for all before it lets any begin.
process.send?.("ready");

async function run(task: WriterTask): Promise<WriterReport> {
  const write = task.unguarded ? bareWriter(task) : await guardedWriter(task);
  const acknowledged: number[] = [];
  const refused: Record<string, number> = {};
  const end = performance.now() + task.durationMs;
  for (let number = 0; performance.now() < end; number++) {
    try {
      await write(number);
      acknowledged.push(number);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      refused[code] = (refused[code] ?? 0) + 1;
    }
    await yieldToOthers();
  }
  return { acknowledged, refused };
}

/** Single writes and batches in turn; both count up, and leave a row that tells which write it was. */
async function guardedWriter({ url, name, busyTimeoutMs }: WriterTask): Promise<Write> {
  // Patient enough for a loaded machine: what is tested is that nothing is lost, not how long anybody waits.
  const { orm } = await openDatabase({ url, busyTimeoutMs, busyDeadlineMs: 60_000 });
  const event = { type: "connection.refreshed", at: new Date(0), integrationId: "contention", subject: name } as const;
  const append = (number: number) => orm.insert(events).values({ ...event, generation: number, details: {} });
  const count = () =>
    orm
      .update(refreshSchedule)
      .set({ generation: sql`${refreshSchedule.generation} + 1` })
      .where(eq(refreshSchedule.connectionId, name));
  return async (number) => {
    if (number % 2 === 0) await append(number);
    else await orm.batch([append(number), count()]);
  };
}

function bareWriter({ url, name, busyTimeoutMs }: WriterTask): Write {
  const client = createClient({ url, timeout: busyTimeoutMs });
  const append = (number: number) => ({
    sql: "INSERT INTO events (type, at, integration_id, subject, generation, details) VALUES ('connection.refreshed', 0, 'contention', ?, ?, '{}')",
    args: [name, number],
  });
  return async (number) => void (await client.execute(append(number)));
}
