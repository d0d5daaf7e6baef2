/**
 * Brings a database to the tables that this program knows, however many processes try at once, and refuses one that is ahead of it.
 */
import { asc, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";
import { foundation } from "./migrations/0001-foundation.ts";
import { sessions } from "./migrations/0002-sessions.ts";
import { keys } from "./migrations/0003-keys.ts";
import { audit } from "./migrations/0004-audit.ts";
import { providerHealth } from "./migrations/0005-provider-health.ts";
import { flow } from "./migrations/0006-flow.ts";
import { pages } from "./migrations/0007-pages.ts";
import { apiKeys } from "./migrations/0012-api-keys.ts";
import { pending } from "./migrations/0018-pending.ts";
import type { Migration } from "./migrations/migration.ts";
import { StoreError } from "./store-error.ts";

/** In the order in which they are applied. */
const migrations: readonly Migration[] = [foundation, sessions, keys, audit, providerHealth, flow, pages, apiKeys, pending];

/** What was applied: a row for each migration, written in the migration's own transaction. */
const journal = sqliteTable("evergrant_migrations", {
  id: text("id").primaryKey(),
  appliedAt: integer("applied_at").notNull(),
});
/** Milliseconds of the database's own clock: no process's is to be trusted for the order of migrations. */
const databaseNow = sql<number>`CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

/**
 * Applies what is missing, each migration whole or not at all. Safe to call in several processes at once.
 *
 * @returns The ids of the migrations that this call applied.
 * @throws {StoreError} `database_too_new` where the database holds a migration that this program does not know.
 */
export async function migrate(database: Database): Promise<{ applied: string[] }> {
  await database.orm.run(sql`CREATE TABLE IF NOT EXISTS evergrant_migrations (id text PRIMARY KEY NOT NULL, applied_at integer NOT NULL)`);
  const applied: string[] = [];
  for (const migration of await missingFrom(database)) {
    if (await apply(database, migration)) applied.push(migration.id);
  }
  return { applied };
}

/**
 * The ids of the migrations that `migrate` would apply; writes nothing.
 *
 * @throws {StoreError} `database_too_new` as `migrate`.
 */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const [table] = await database.orm.all<{ name: string }>(
    sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'evergrant_migrations'`,
  );
  const missing = table === undefined ? migrations : await missingFrom(database);
  return missing.map((migration) => migration.id);
}

async function missingFrom(database: Database): Promise<readonly Migration[]> {
  const done = new Set(await readJournal(database));
  const unknown = [...done].find((id) => !migrations.some((migration) => migration.id === id));
  if (unknown !== undefined) {
    throw new StoreError(
      "database_too_new",
      `A newer Evergrant has migrated this database (it holds ${unknown}): run that version, or restore a backup made before it.`,
    );
  }
  return migrations.filter((migration) => !done.has(migration.id));
}

/** False where another process was first. */
async function apply(database: Database, migration: Migration): Promise<boolean> {
  const { orm } = database;
  try {
    // The id comes first: where another process has inserted it, the rest of the batch does not run.
    await orm.batch([
      orm.insert(journal).values({ id: migration.id, appliedAt: databaseNow }),
      ...migration.statements.map((statement) => orm.run(sql.raw(statement))),
    ]);
    return true;
  } catch (error) {
    if ((await readJournal(database)).includes(migration.id)) return false;
    throw error;
  }
}

async function readJournal(database: Database): Promise<string[]> {
  const rows = await database.orm.select({ id: journal.id }).from(journal).orderBy(asc(journal.id));
  return rows.map((row) => row.id);
}
