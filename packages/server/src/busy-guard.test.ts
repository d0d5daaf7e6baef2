import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { type Connection, guardConnection } from "./busy-guard.ts";

/** A file with an empty table, and somebody else who holds its write lock. */
function lockedFile(path: string): { holder: Connection; count: () => unknown } {
  const holder = new Libsql(path, { timeout: 0 });
  holder.exec("PRAGMA journal_mode = WAL; CREATE TABLE written (by text)");
  holder.exec("BEGIN IMMEDIATE");
  return { holder, count: () => holder.prepare("SELECT count(*) FROM written").raw(true).get() };
}

const insert = (connection: Connection) => connection.prepare("INSERT INTO written VALUES ('me')").run([]).changes;
const busy = expect.objectContaining({ code: "SQLITE_BUSY" });

describe("the guard against lost writes", () => {
  it("stands in front of the version that it was proven against: prove it again before raising either", () => {
    const require = createRequire(import.meta.url);
    const installed: unknown = JSON.parse(readFileSync(join(dirname(require.resolve("libsql")), "package.json"), "utf8"));
    expect(installed).toMatchObject({ version: "0.5.29" });
  });

  it("is needed: a bare connection says that it wrote after SQLITE_BUSY, and did not", async () => {
    await using folder = await temporaryFolder();
    const { holder, count } = lockedFile(join(folder.path, "bare.db"));
    const bare = new Libsql(join(folder.path, "bare.db"), { timeout: 0 });
    expect(() => insert(bare)).toThrow(busy);
    holder.exec("COMMIT");
    expect(insert(bare)).toBe(1);
    // Once this fails, libsql is mended and the guard may go.
    expect(count()).toEqual([0]);
    expect(() => holder.exec("BEGIN IMMEDIATE")).toThrow(busy);
  });

  it.each([
    ["a write by itself", insert],
    ["a write with RETURNING", (connection: Connection) => connection.prepare("INSERT INTO written VALUES ('me') RETURNING by").all([])],
    ["BEGIN IMMEDIATE", (connection: Connection) => connection.exec("BEGIN IMMEDIATE")],
    [
      "a transaction that read first",
      (connection: Connection) => {
        connection.exec("BEGIN");
        connection.prepare("SELECT * FROM written").all([]);
        insert(connection);
      },
    ],
  ])("after %s met SQLITE_BUSY, the next write lands and no lock is kept", async (_name, attempt) => {
    await using folder = await temporaryFolder();
    const { holder, count } = lockedFile(join(folder.path, "guarded.db"));
    const guarded = guardConnection({ path: join(folder.path, "guarded.db"), busyTimeoutMs: 0 });
    const before = guarded.use((connection) => connection);
    expect(() => guarded.use(attempt)).toThrow(busy);
    expect(before.open).toBe(false);
    holder.exec("COMMIT");
    expect(guarded.use(insert)).toBe(1);
    expect(count()).toEqual([1]);
    holder.exec("INSERT INTO written VALUES ('holder')");
    expect(count()).toEqual([2]);
    guarded.close();
  });

  it("rolls back what fails for another reason, and keeps the connection", async () => {
    await using folder = await temporaryFolder();
    const guarded = guardConnection({ path: join(folder.path, "other.db"), busyTimeoutMs: 0 });
    const before = guarded.use((connection) => {
      connection.exec("CREATE TABLE written (by text)");
      return connection;
    });
    const failing = (connection: Connection) => {
      connection.exec("BEGIN IMMEDIATE");
      insert(connection);
      throw new Error("half way");
    };
    expect(() => guarded.use(failing)).toThrow("half way");
    expect(guarded.use((connection) => connection)).toBe(before);
    expect(guarded.use((connection) => connection.prepare("SELECT count(*) FROM written").raw(true).get([]))).toEqual([0]);
    expect(() => guarded.use((connection) => connection.exec("BEGIN"))).toThrow(expect.objectContaining({ code: "transaction_refused" }));
    expect(guarded.use(insert)).toBe(1);
    guarded.close();
  });

  it("opens every connection with WAL, full synchronization, foreign keys and the busy timeout", async () => {
    await using folder = await temporaryFolder();
    const guarded = guardConnection({ path: join(folder.path, "settings.db"), busyTimeoutMs: 20 });
    const settings = () =>
      guarded.use((connection) =>
        ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map((name) =>
          connection.prepare(`PRAGMA ${name}`).raw(true).get([]),
        ),
      );
    expect(settings()).toEqual([["wal"], [2], [1], [20]]);
    guarded.close();
    expect(settings()).toEqual([["wal"], [2], [1], [20]]);
    guarded.close();
  });
});
