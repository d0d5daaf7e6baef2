import { afterEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { type DatabaseClient, openFileClient } from "./file-client.ts";

const opened: DatabaseClient[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.close();
});

async function openMemory(): Promise<DatabaseClient> {
  const client = openFileClient({ path: ":memory:", busyTimeoutMs: 0 });
  opened.push(client);
  await client.execute({ sql: "CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL)", args: [] });
  return client;
}

const insert = (id: bigint, text: string | null) => ({ sql: "INSERT INTO notes VALUES (?, ?)", args: [id, text] });
const texts = async (client: DatabaseClient) =>
  (await client.execute({ sql: "SELECT text FROM notes ORDER BY id", args: [] })).rows.map(({ text }) => text);

describe("a statement that is used again", () => {
  it("has its own parameters each time, and none of those before", async () => {
    const client = await openMemory();
    for (const [id, text] of [
      [1n, "one"],
      [2n, "two"],
      [3n, "three"],
    ] as const)
      await client.execute(insert(id, text));
    expect(await texts(client)).toEqual(["one", "two", "three"]);
  });

  it("works after it has failed, alone and in a batch", async () => {
    const client = await openMemory();
    await client.execute(insert(1n, "one"));
    await expect(client.execute(insert(1n, "again"))).rejects.toMatchObject({ code: expect.stringContaining("SQLITE_CONSTRAINT") });
    await expect(client.batch([insert(2n, "two"), insert(3n, null)], "write")).rejects.toMatchObject({
      code: expect.stringContaining("SQLITE_CONSTRAINT"),
    });
    await client.batch([insert(2n, "two"), insert(3n, "three")], "write");
    expect(await texts(client)).toEqual(["one", "two", "three"]);
  });

  it("sees what has become of its tables", async () => {
    const client = await openMemory();
    await client.execute(insert(1n, "one"));
    const all = { sql: "SELECT * FROM notes", args: [] };
    expect((await client.execute(all)).columns).toEqual(["id", "text"]);
    await client.execute({ sql: "ALTER TABLE notes ADD COLUMN author text DEFAULT 'alice'", args: [] });
    const { columns, rows } = await client.execute(all);
    expect(columns).toEqual(["id", "text", "author"]);
    expect(rows).toMatchObject([{ id: 1, text: "one", author: "alice" }]);
  });
});

it("calls without end let the event loop come to its next task, where libsql frees what it holds", async () => {
  const client = await openMemory();
  let tasks = 0;
  const immediate = (): void => {
    tasks += 1;
    if (tasks < 3) setImmediate(immediate);
  };
  setImmediate(immediate);
  for (let call = 0; call < 1_000; call += 1) await client.execute({ sql: "SELECT 1 AS one", args: [] });
  expect(tasks).toBe(3);
});

it("a query that stays prepared sees what another connection has written since, and keeps no snapshot that a checkpoint would wait for", async () => {
  await using folder = await temporaryFolder();
  const file = { path: folder.databaseUrl().slice("file:".length), busyTimeoutMs: 0 };
  const [reader, writer] = [openFileClient(file), openFileClient(file)];
  opened.push(reader, writer);
  await writer.execute({ sql: "CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL)", args: [] });
  const query = { sql: "SELECT text FROM notes WHERE id = ?", args: [1n] };
  for (const text of ["one", "two", "three"]) {
    await writer.execute({ sql: "INSERT OR REPLACE INTO notes VALUES (1, ?)", args: [text] });
    expect(await reader.read(query)).toEqual([[text]]);
    const [checkpoint] = (await writer.execute({ sql: "PRAGMA wal_checkpoint(TRUNCATE)", args: [] })).rows;
    expect(checkpoint).toMatchObject({ busy: 0, log: 0 });
  }
  expect(await reader.read({ ...query, args: [2n] })).toEqual([]);
  expect(await reader.read(query)).toEqual([["three"]]);
});
