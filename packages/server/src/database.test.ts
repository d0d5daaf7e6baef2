import { existsSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { startHranaServer } from "../test/hrana-server.ts";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { type Database, type DatabaseSettings, openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import { connections, events, refreshSchedule } from "./tables.ts";

const at = new Date("2026-11-23T12:00:00Z");
const schedule = { connectionId: "con_1", state: "active", generation: 4 } as const;
const event = { type: "connection.refreshed", at, integrationId: "github", subject: "user", connectionId: "con_1", details: {} } as const;

/** The first statement of a conditional batch: it fails unless the connection is at `generation`. */
const guardAt = ({ orm }: Database, generation: number) =>
  orm.insert(events).values({
    ...event,
    generation: sql`(SELECT generation + 1 FROM refresh_schedule WHERE connection_id = ${"con_1"} AND generation = ${generation})`,
  });
const moveTo = ({ orm }: Database, generation: number) =>
  orm.update(refreshSchedule).set({ generation, committedBy: "flight" }).where(eq(refreshSchedule.connectionId, "con_1")).returning();

const kinds = {
  file: async () => {
    const folder = await temporaryFolder();
    return { url: folder.databaseUrl(), end: () => folder[Symbol.asyncDispose]() };
  },
  memory: async () => ({ url: "file::memory:", end: async () => undefined }),
  server: async () => {
    const server = await startHranaServer({ authToken: "letmein" });
    return { url: server.url, authToken: "letmein", end: () => server.close() };
  },
};

async function opened(kind: keyof typeof kinds) {
  const { end, ...settings } = await kinds[kind]();
  const database = await openDatabase(settings);
  await migrate(database);
  const dispose = async () => {
    database.close();
    await end();
  };
  return { database, [Symbol.asyncDispose]: dispose };
}

describe.each(Object.keys(kinds).filter((kind): kind is keyof typeof kinds => kind in kinds))("database: %s", (kind) => {
  it("keeps what Drizzle writes, of every type", async () => {
    await using test = await opened(kind);
    const { orm } = test.database;
    expect(test.database.kind).toBe(kind);
    const row = {
      id: "con_1",
      integrationId: "github",
      subject: "é \u{1F511} '; DROP TABLE connections",
      accountId: null,
      accountLabel: "5",
      idTokenSubject: null,
      authority: "https://github.com",
      clientHash: "00",
      requestedScopes: ["a", "b"],
      captured: { callback: {}, token: {} },
      grantedAt: new Date(0),
      grantedScopes: [],
      status: "active",
      reason: null,
      createdAt: at,
      updatedAt: at,
    } as const;
    expect(await orm.insert(connections).values(row).returning()).toEqual([row]);
    expect(await orm.select().from(connections)).toEqual([row]);
    expect(await orm.query.connections.findFirst()).toEqual(row);
    expect(await orm.$count(connections)).toBe(1);
  });

  it("binds whole numbers as integers, and bytes, text, booleans and null as what they are", async () => {
    await using test = await opened(kind);
    const [row] = await test.database.orm.all(
      sql`SELECT typeof(${5}) AS whole, ${5} / 2 AS half, typeof(${0.5}) AS part, typeof(${"5"}) AS word, typeof(${null}) AS missing, typeof(${new Uint8Array([1])}) AS bytes, ${2 ** 53 - 1} AS big`,
    );
    expect(row).toEqual({ whole: "integer", half: 2, part: "real", word: "text", missing: "null", bytes: "blob", big: 2 ** 53 - 1 });
  });

  it("runs a conditional batch whole, and gives its rows back typed", async () => {
    await using test = await opened(kind);
    const { database } = test;
    await database.orm.insert(refreshSchedule).values(schedule);
    const [, [moved], seen] = await database.orm.batch([guardAt(database, 4), moveTo(database, 5), database.orm.select().from(events)]);
    const generation: number | undefined = moved?.generation;
    expect(generation).toBe(5);
    expect(seen).toEqual([{ ...event, id: 1, generation: 5 }]);
  });

  it("leaves nothing of a conditional batch whose guard fails, and goes on as before", async () => {
    await using test = await opened(kind);
    const { database } = test;
    await database.orm.insert(refreshSchedule).values(schedule);
    for (let tries = 0; tries < 3; tries++) {
      await expect(database.orm.batch([guardAt(database, 3), moveTo(database, 9)])).rejects.toMatchObject({ code: "constraint_failed" });
    }
    expect(await database.orm.select().from(events)).toEqual([]);
    expect(await database.orm.select({ generation: refreshSchedule.generation }).from(refreshSchedule)).toEqual([{ generation: 4 }]);
    await database.orm.batch([guardAt(database, 4), moveTo(database, 5)]);
    expect(await database.orm.$count(events)).toBe(1);
  });

  it("leaves nothing of a batch that fails later", async () => {
    await using test = await opened(kind);
    const { database } = test;
    await database.orm.insert(refreshSchedule).values(schedule);
    await expect(
      database.orm.batch([guardAt(database, 4), moveTo(database, 5), database.orm.insert(refreshSchedule).values(schedule)]),
    ).rejects.toMatchObject({ code: "constraint_failed" });
    expect(await database.orm.$count(events)).toBe(0);
    expect(await database.orm.select({ generation: refreshSchedule.generation }).from(refreshSchedule)).toEqual([{ generation: 4 }]);
  });

  it("reads several tables in one batch", async () => {
    await using test = await opened(kind);
    const { orm } = test.database;
    await orm.insert(refreshSchedule).values(schedule);
    const [none, [row]] = await orm.batch([orm.select().from(events), orm.select().from(refreshSchedule)]);
    expect([none, row?.generation]).toEqual([[], 4]);
  });

  it("of ten batches at once on the same guard, lets one through", async () => {
    await using test = await opened(kind);
    const { database } = test;
    await database.orm.insert(refreshSchedule).values(schedule);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => database.orm.batch([guardAt(database, 4), moveTo(database, 5)])),
    );
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    expect(await database.orm.$count(events)).toBe(1);
  });

  it("refuses interactive transactions, and statements that would begin one", async () => {
    await using test = await opened(kind);
    const { orm } = test.database;
    await expect(orm.transaction(async () => 1)).rejects.toMatchObject({ code: "transaction_refused" });
    await orm.run(sql`BEGIN IMMEDIATE`).catch(() => undefined);
    await orm.insert(refreshSchedule).values(schedule);
    expect(await orm.$count(refreshSchedule)).toBe(1);
  });

  it("lets no bound parameter into an error", async () => {
    await using test = await opened(kind);
    const { orm } = test.database;
    const secret = { ...schedule, connectionId: "SECRET-PARAMETER" };
    await orm.insert(refreshSchedule).values(secret);
    const faults = await Promise.all(
      [
        orm.insert(refreshSchedule).values(secret),
        orm.batch([orm.insert(refreshSchedule).values(secret)]),
        orm.run(sql`SELECT nothing(${secret.connectionId})`),
        orm.all(sql`SELECT ${secret.connectionId} FROM nowhere`),
        orm.get(sql`SELECT ${secret.connectionId} FROM nowhere`),
        orm.values(sql`SELECT ${secret.connectionId}, abs(-9223372036854775808)`),
        orm
          .select({ big: sql`9007199254740993` })
          .from(refreshSchedule)
          .where(eq(refreshSchedule.connectionId, secret.connectionId)),
      ].map(async (query) =>
        Promise.resolve(query).then(
          () => "no fault",
          (error: unknown) => error,
        ),
      ),
    );
    for (const fault of faults) {
      expect(fault).toMatchObject({ name: "StoreError" });
      const shown =
        fault instanceof Error ? `${fault.message} ${fault.stack} ${String(fault.cause)} ${JSON.stringify(fault)}` : String(fault);
      expect(shown).not.toContain("SECRET");
    }
  });

  it("says that it is closed, once it is", async () => {
    await using test = await opened(kind);
    test.database.close();
    await expect(test.database.orm.select().from(events)).rejects.toMatchObject({
      code: "store_unavailable",
      message: "The database is closed.",
    });
  });
});

describe("a database file", () => {
  it("is created with its folder, which others cannot read", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "made here", ".evergrant", "evergrant.db");
    const database = await openDatabase({ url: `file:${encodeURI(path)}` });
    database.close();
    expect(existsSync(path)).toBe(true);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  });

  it("is whole by itself once it is closed, without the log beside it", async () => {
    await using folder = await temporaryFolder();
    const database = await openDatabase({ url: folder.databaseUrl() });
    await migrate(database);
    await database.orm.insert(refreshSchedule).values(schedule);
    database.close();
    await copyFile(join(folder.path, "evergrant.db"), join(folder.path, "copy.db"));
    const copy = await openDatabase({ url: folder.databaseUrl("copy.db") });
    expect(await copy.orm.$count(refreshSchedule)).toBe(1);
    copy.close();
  });

  it("that is locked is waited for without blocking, and the write lands once", async () => {
    await using folder = await temporaryFolder();
    const url = folder.databaseUrl();
    const database = await openDatabase({ url, busyTimeoutMs: 0 });
    await migrate(database);
    const holder = new Libsql(url.slice("file:".length), { timeout: 0 });
    holder.exec("BEGIN IMMEDIATE");
    setTimeout(() => holder.exec("COMMIT"), 50);
    await Promise.all([
      database.orm.insert(refreshSchedule).values(schedule),
      database.orm.batch([database.orm.insert(events).values({ ...event, generation: 1 })]),
    ]);
    expect(holder.prepare("SELECT (SELECT count(*) FROM refresh_schedule), (SELECT count(*) FROM events)").raw(true).get([])).toEqual([
      1, 1,
    ]);
    database.close();
    holder.close();
  });

  it("that stays locked is unavailable after the deadline, readable all the while, and writable afterwards", async () => {
    await using folder = await temporaryFolder();
    const url = folder.databaseUrl();
    const database = await openDatabase({ url, busyTimeoutMs: 0, busyDeadlineMs: 40 });
    await migrate(database);
    const holder = new Libsql(url.slice("file:".length), { timeout: 0 });
    holder.exec("BEGIN IMMEDIATE");
    await expect(database.orm.insert(refreshSchedule).values(schedule)).rejects.toMatchObject({ code: "store_unavailable" });
    await expect(database.orm.batch([database.orm.insert(refreshSchedule).values(schedule)])).rejects.toMatchObject({
      code: "store_unavailable",
    });
    expect(await database.orm.select().from(refreshSchedule)).toEqual([]);
    expect(await database.orm.batch([database.orm.select().from(events), database.orm.select().from(refreshSchedule)])).toEqual([[], []]);
    holder.exec("ROLLBACK");
    await database.orm.insert(refreshSchedule).values(schedule);
    expect(holder.prepare("SELECT count(*) FROM refresh_schedule").raw(true).get([])).toEqual([1]);
    database.close();
    holder.close();
  });

  it.each([
    ["a folder", "", "store_unavailable"],
    ["below a file", "/file/evergrant.db", "store_unavailable"],
  ])("that is %s cannot be opened", async (_name, path, code) => {
    await using folder = await temporaryFolder();
    (await openDatabase({ url: folder.databaseUrl("file") })).close();
    await expect(openDatabase({ url: `file:${folder.path}${path}` })).rejects.toMatchObject({ code });
  });

  it.each([
    "",
    "evergrant.db",
    "file:",
    "file:a.db?authToken=SECRET",
    "ws://127.0.0.1:1",
    "postgres://SECRET@host/db",
    "https://",
    "https://h?SECRET=1",
    "file:50%.db",
  ])("%j is no database URL, and is not repeated", async (url) => {
    const fault: unknown = await openDatabase({ url }).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "database_url_invalid" });
    expect(String(fault)).not.toContain("SECRET");
  });
});

describe("a database server", () => {
  async function served(settings: Omit<DatabaseSettings, "url"> = {}) {
    const server = await startHranaServer({ authToken: "letmein" });
    const database = await openDatabase({ url: server.url, authToken: "letmein", ...settings });
    await migrate(database);
    const before = server.requests;
    const dispose = async () => {
      database.close();
      await server.close();
    };
    return { server, database, requestsSince: () => server.requests - before, [Symbol.asyncDispose]: dispose };
  }
  const insert = ({ orm }: Database) => orm.insert(events).values({ ...event, generation: 1 });
  const count = ({ orm }: Database) => orm.$count(events);

  it("that lost the answer to a write leaves its outcome unknown, and it is not sent again", async () => {
    await using test = await served();
    const { server, database } = test;
    for (const write of [() => insert(database), () => database.orm.batch([insert(database)])]) {
      server.faults.dropAnswers = 1;
      await expect(write()).rejects.toMatchObject({ code: "store_outcome_unknown" });
    }
    expect(await count(database)).toBe(2);
  });

  it("that lost the answer to a read is asked again", async () => {
    await using test = await served();
    test.server.faults.dropAnswers = 2;
    expect(await count(test.database)).toBe(0);
    expect(test.server.faults.dropAnswers).toBe(0);
  });

  it("that does not answer in time leaves a write's outcome unknown", async () => {
    await using test = await served({ requestTimeoutMs: 100 });
    test.server.faults.delayMs = 300;
    await expect(insert(test.database)).rejects.toMatchObject({
      code: "store_outcome_unknown",
      message: expect.stringContaining("within 100 ms"),
    });
    test.server.faults.delayMs = 0;
    await expect.poll(() => count(test.database)).toBe(1);
  });

  it.each([500, 502, 503, 408])("that answers %d leaves a write's outcome unknown", async (status) => {
    await using test = await served();
    test.server.faults.answerStatus = { status, times: 1 };
    await expect(insert(test.database)).rejects.toMatchObject({ code: "store_outcome_unknown" });
  });

  it.each([302, 400, 404, 429])("that answers %d has written nothing", async (status) => {
    await using test = await served();
    test.server.faults.answerStatus = { status, times: 1 };
    await expect(insert(test.database)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await count(test.database)).toBe(0);
  });

  it("that sends elsewhere is not followed there, with neither the write nor the token", async () => {
    await using test = await served();
    await using elsewhere = await startHranaServer();
    test.server.faults.answerStatus = { status: 307, times: 1, location: `${elsewhere.url}/v2/pipeline` };
    await expect(insert(test.database)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(elsewhere.requests).toBe(0);
  });

  it("that is busy is asked again until it writes, once", async () => {
    await using test = await served();
    test.server.faults.busyStatements = 3;
    await insert(test.database);
    test.server.faults.busyStatements = 3;
    await test.database.orm.batch([insert(test.database), insert(test.database)]);
    expect(await count(test.database)).toBe(3);
  });

  it("that takes no writes says so at once", async () => {
    await using test = await served();
    test.server.faults.refuseWrites = true;
    await expect(insert(test.database)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(test.requestsSince()).toBe(1);
    expect(await count(test.database)).toBe(0);
  });

  it("that is not there was never sent anything", async () => {
    const server = await startHranaServer();
    await server.close();
    const database = await openDatabase({ url: server.url });
    await expect(insert(database)).rejects.toMatchObject({ code: "store_unavailable", message: expect.stringContaining("ECONNREFUSED") });
  });

  it("that refuses the auth token is told apart, and the token is not repeated", async () => {
    await using test = await served();
    const stranger = await openDatabase({ url: test.server.url, authToken: "SECRET-TOKEN" });
    const fault: unknown = await stranger.orm
      .select()
      .from(events)
      .catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "store_unavailable", message: "The database server answered 401; check the database auth token." });
    expect(String(fault)).not.toContain("SECRET");
    stranger.close();
  });
});
