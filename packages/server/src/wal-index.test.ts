import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { guardConnection } from "./busy-guard.ts";
import { openWalIndex } from "./wal-index.ts";

const create = "CREATE TABLE written (by text)";
const insert = "INSERT INTO written VALUES ('me')";
const read = "SELECT count(*) FROM written";

describe("the WAL-index", () => {
  it("has another version after each commit of any connection, and after nothing else", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.db");
    const guarded = guardConnection({ path, busyTimeoutMs: 0 });
    expect(guarded.version()).toBeNull();
    guarded.use((connection) => connection.exec(create));
    const other = new Libsql(path);
    const versions = [guarded.version()];
    const isNew = () => {
      const version = guarded.version();
      const isKnown = versions.includes(version);
      if (!isKnown) versions.push(version);
      return !isKnown;
    };
    expect(versions).toEqual([expect.any(Number)]);
    guarded.use((connection) => connection.prepare(read).all([]));
    other.prepare(read).all([]);
    other.exec(`BEGIN; ${insert}; ROLLBACK`);
    expect(isNew()).toBe(false);

    other.exec(insert);
    expect(isNew()).toBe(true);
    expect(isNew()).toBe(false);
    guarded.use((connection) => connection.exec(insert));
    expect(isNew()).toBe(true);
    other.exec(`BEGIN IMMEDIATE; ${insert}`);
    expect(isNew()).toBe(false);
    other.exec("COMMIT");
    expect(isNew()).toBe(true);
    other.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    other.exec(insert);
    expect(isNew()).toBe(true);
    other.close();
    guarded.close();
    expect(guarded.version()).toBeNull();
  });

  it("is found where the path is a link to the file", async () => {
    await using folder = await temporaryFolder();
    const [path, link] = [join(folder.path, "real.db"), join(folder.path, "link.db")];
    const other = new Libsql(path);
    other.exec("PRAGMA journal_mode = WAL");
    symlinkSync(path, link);
    const guarded = guardConnection({ path: link, busyTimeoutMs: 0 });
    guarded.use((connection) => connection.exec(create));
    const before = guarded.version();
    other.exec(insert);
    expect([before, guarded.version()]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(guarded.version()).not.toBe(before);
    other.close();
    guarded.close();
  });

  it("never repeats a version, though SQLite removes its file with the last connection and makes another", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "b.db");
    const guarded = guardConnection({ path, busyTimeoutMs: 0 });
    const versions = [];
    for (let round = 0; round < 3; round += 1) {
      guarded.use((connection) => connection.exec("CREATE TABLE IF NOT EXISTS written (by text)"));
      versions.push(guarded.version());
      guarded.close();
      const other = new Libsql(path);
      other.exec(insert);
      other.close();
    }
    expect(versions).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    expect(new Set(versions).size).toBe(3);
  });

  it("has no version where it is not there, is of another format, or is just being written", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "c.db");
    const versionOf = (head: Buffer | null) => {
      if (head !== null) writeFileSync(`${path}-shm`, head);
      const walIndex = openWalIndex(path);
      const version = walIndex.version();
      walIndex.close();
      return version;
    };
    expect(versionOf(null)).toBeNull();
    const connection = new Libsql(path);
    connection.exec(`PRAGMA journal_mode = WAL; ${create}`);
    const head = readFileSync(`${path}-shm`).subarray(0, 96);
    connection.close();

    expect(versionOf(head)).toEqual(expect.any(Number));
    expect(versionOf(head.subarray(0, 95))).toBeNull();
    expect(versionOf(Buffer.alloc(96))).toBeNull();
    for (const at of [0, 8, 48, 95]) {
      const changed = Buffer.from(head);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(versionOf(changed), `byte ${at}`).toBeNull();
    }
    const later = Buffer.from(head);
    for (const at of [0, 48]) later[at] = (later[at] ?? 0) ^ 1;
    expect(versionOf(later)).toBeNull();
  });
});
