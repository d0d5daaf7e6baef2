import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { sql } from "drizzle-orm";
import { type SQLiteTable, getTableConfig } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { startHranaServer } from "../test/hrana-server.ts";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { type Database, openDatabase } from "./database.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import * as tables from "./tables.ts";

const run = promisify(execFile);
/** Every file of the folder, in order: one that is not in `migrate.ts` is never applied. */
const all = readdirSync(new URL("migrations", import.meta.url))
  .flatMap((file) => /^\d{4}-[\w-]+(?=\.ts$)/.exec(file)?.[0] ?? [])
  .toSorted();

/** What Drizzle believes a table to be. */
function declared(table: SQLiteTable) {
  const { name, columns, indexes, primaryKeys } = getTableConfig(table);
  const keys = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
  return {
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      notNull: column.notNull,
      primaryKey: column.primary || keys.has(column.name),
      default: defaultOf(column.default),
    })),
    indexes: indexes
      .map(({ config }) => ({
        name: config.name,
        unique: config.unique ? 1 : 0,
        columns: config.columns.map((column) => ("name" in column ? column.name : "an expression")),
      }))
      .toSorted(byName),
  };
}

function defaultOf(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? `'${value}'` : String(Number(value));
}

/** What the database has. */
async function found({ orm }: Database, name: string) {
  const columns = await orm.all<{ name: string; type: string; notnull: number; pk: number; dflt_value: string | null }>(
    sql`SELECT * FROM pragma_table_info(${name})`,
  );
  const indexes = await orm.all<{ name: string; unique: number; origin: string }>(sql`SELECT * FROM pragma_index_list(${name})`);
  return {
    name,
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type.toLowerCase(),
      notNull: column.notnull === 1,
      primaryKey: column.pk > 0,
      default: column.dflt_value,
    })),
    indexes: await Promise.all(
      indexes
        .filter((index) => index.origin === "c")
        .toSorted(byName)
        .map(async (index) => {
          const members = await orm.all<{ name: string }>(sql`SELECT name FROM pragma_index_info(${index.name})`);
          return { name: index.name, unique: index.unique, columns: members.map((member) => member.name) };
        }),
    ),
  };
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name);
}

describe("migrations", () => {
  it("make the tables that tables.ts declares, and no others", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    await migrate(database);
    for (const table of Object.values(tables)) expect(await found(database, getTableConfig(table).name)).toEqual(declared(table));
    const names = await database.orm.all<{ name: string }>(
      sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    );
    const declaredNames = Object.values(tables).map((table) => getTableConfig(table).name);
    expect(new Set(names.map(({ name }) => name))).toEqual(new Set(["evergrant_migrations", ...declaredNames]));
  });

  it("never give an event's id twice, even after the last one is gone", async () => {
    const { orm } = await migrated("file::memory:");
    const event = { type: "connection.created", at: new Date(0), integrationId: "i", subject: "s", generation: 1, details: {} } as const;
    await orm.insert(tables.events).values([event, event]);
    await orm.delete(tables.events);
    expect(await orm.insert(tables.events).values(event).returning({ id: tables.events.id })).toEqual([{ id: 3 }]);
  });

  it("are pending before, applied once, and not pending afterwards", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    expect(await pendingMigrations(database)).toEqual(all);
    expect(await database.orm.all(sql`SELECT * FROM sqlite_master`)).toEqual([]);
    expect(await migrate(database)).toEqual({ applied: all });
    expect(await migrate(database)).toEqual({ applied: [] });
    expect(await pendingMigrations(database)).toEqual([]);
  });

  it("are applied by one of four who open an empty file at once", async () => {
    await using folder = await temporaryFolder();
    const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url: folder.databaseUrl(), busyTimeoutMs: 0 })));
    const outcomes = await Promise.all(databases.map(migrate));
    expect(outcomes.flatMap(({ applied }) => applied).toSorted()).toEqual(all);
    for (const database of databases) {
      expect(await pendingMigrations(database)).toEqual([]);
      database.close();
    }
  });

  it("are applied by one of four processes that start on an empty file at once", async () => {
    await using folder = await temporaryFolder();
    const program = `
      import { openDatabase } from ${JSON.stringify(new URL("database.ts", import.meta.url))};
      import { migrate } from ${JSON.stringify(new URL("migrate.ts", import.meta.url))};
      const { applied } = await migrate(await openDatabase({ url: ${JSON.stringify(folder.databaseUrl())}, busyTimeoutMs: 0 }));
      process.stdout.write(applied.join());`;
    const start = () => run(process.execPath, ["--conditions=evergrant-source", "--input-type=module", "--eval", program]);
    const outcomes = await Promise.all([start(), start(), start(), start()]);
    expect(outcomes.flatMap(({ stdout }) => stdout.split(",").filter(Boolean)).toSorted()).toEqual(all);
  });

  it("are applied by one of four clients of an empty server", async () => {
    await using server = await startHranaServer();
    const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url: server.url })));
    const outcomes = await Promise.all(databases.map(migrate));
    expect(outcomes.flatMap(({ applied }) => applied).toSorted()).toEqual(all);
    expect(await Promise.all(databases.map(pendingMigrations))).toEqual([[], [], [], []]);
  });

  it("leave nothing behind where one fails half way", async () => {
    const database = await openDatabase({ url: "file::memory:" });
    await database.orm.run(sql`CREATE TABLE events (of_somebody_else text)`);
    await expect(migrate(database)).rejects.toMatchObject({ code: "store_failed" });
    expect(await pendingMigrations(database)).toEqual(all);
    const names = await database.orm.all<{ name: string }>(
      sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    );
    expect(names.map(({ name }) => name)).toEqual(["events", "evergrant_migrations"]);
  });

  it("refuse a database that a newer program has migrated, and touch nothing", async () => {
    const database = await migrated("file::memory:");
    await database.orm.run(sql`INSERT INTO evergrant_migrations (id, applied_at) VALUES ('0999-from-the-future', 0)`);
    for (const deed of [migrate, pendingMigrations]) {
      await expect(deed(database)).rejects.toMatchObject({
        code: "database_too_new",
        message: expect.stringContaining("0999-from-the-future"),
      });
    }
  });
});

async function migrated(url: string): Promise<Database> {
  const database = await openDatabase({ url });
  await migrate(database);
  return database;
}
