import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../test/temporary-folder.ts";
import { type Connection, type GuardedConnection, guardConnection } from "./busy-guard.ts";
import { type GroupedWrites, groupWrites } from "./group-writes.ts";

let folder: TemporaryFolder;
let guarded: GuardedConnection;
let writes: GroupedWrites;
let transactions: number;

beforeEach(async () => {
  folder = await temporaryFolder();
  transactions = 0;
  guarded = open();
  guarded.use((connection) => connection.exec("CREATE TABLE notes (id integer PRIMARY KEY, text blob NOT NULL)"));
  writes = groupWrites({
    ...guarded,
    use: (work) => {
      transactions += 1;
      return guarded.use(work);
    },
  });
});

afterEach(async () => {
  guarded.close();
  await folder[Symbol.asyncDispose]();
});

function open(): GuardedConnection {
  return guardConnection({ path: folder.databaseUrl().slice("file:".length), busyTimeoutMs: 0 });
}

const insert = (id: number, text: unknown = "text") => writes.add((connection) => add(connection, id, text));

function add(connection: Connection, id: number, text: unknown): number {
  connection.prepare("INSERT INTO notes VALUES (?, ?)").run(id, text);
  return id;
}

function stored(): unknown[] {
  return guarded.use((connection) => connection.prepare("SELECT id FROM notes ORDER BY id").raw(true).all()).flat();
}

it("writes of one turn are one transaction", async () => {
  expect(await Promise.all([1, 2, 3].map((id) => insert(id)))).toEqual([1, 2, 3]);
  expect(transactions).toBe(1);
  await insert(4);
  expect(transactions).toBe(2);
  expect(stored()).toEqual([1, 2, 3, 4]);
});

it("no more than fifty at once, so that others come to the lock", async () => {
  await Promise.all(Array.from({ length: 120 }, (_, id) => insert(id)));
  expect(transactions).toBe(3);
  expect(stored()).toHaveLength(120);
});

it("one that fails leaves nothing of itself, and the others as they are", async () => {
  const half = writes.add((connection) => {
    add(connection, 5, "first half");
    add(connection, 6, null);
  });
  const outcomes = await Promise.allSettled([insert(1), half, insert(2), insert(1), insert(3)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
  expect(transactions).toBe(1);
  expect(stored()).toEqual([1, 2, 3]);
});

it("one for which there is no room takes none of the others with it", async () => {
  guarded.use((connection) => {
    connection.exec("PRAGMA max_page_count = 20");
  });
  const outcomes = await Promise.allSettled([insert(1), insert(2, randomBytes(200_000)), insert(3)]);
  expect(outcomes).toMatchObject([{ value: 1 }, { status: "rejected", reason: { code: "SQLITE_FULL" } }, { value: 3 }]);
  expect(stored()).toEqual([1, 3]);
});

it("after any failure but a constraint's each goes alone: nothing of a shared transaction is trusted then", async () => {
  const broken = writes.add((connection) => {
    add(connection, 2, "text");
    connection.prepare("INSERT INTO nowhere VALUES (1)").run();
  });
  const outcomes = await Promise.allSettled([insert(1), broken, insert(3)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(transactions).toBe(4);
  expect(stored()).toEqual([1, 3]);
});

it("none is written where another process has the lock, and each is told", async () => {
  const other = open();
  let asked: Promise<unknown>[] = [];
  other.use((connection) => {
    connection.exec("BEGIN IMMEDIATE");
    asked = [insert(1), insert(2)];
    writes.commit();
    connection.exec("COMMIT");
  });
  other.close();
  expect(await Promise.allSettled(asked)).toMatchObject([{ reason: { code: "SQLITE_BUSY" } }, { reason: { code: "SQLITE_BUSY" } }]);
  expect(stored()).toEqual([]);
  expect(await insert(3)).toBe(3);
});
