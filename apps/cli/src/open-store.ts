/**
 * The database of a project, opened and at the tables that this program knows.
 */
import { type Database, migrate, openDatabase, pendingMigrations } from "@evergrant/server";
import { CliError } from "./cli-error.ts";
import type { Environment } from "./env.ts";

/** Where it is, and whether missing migrations are applied or refused. */
export interface StoreSettings {
  readonly url: string;
  readonly authToken: Environment["databaseAuthToken"];
  readonly migrations: "apply" | "refuse_pending";
}

/**
 * Opens the database; `close` it.
 *
 * @throws {CliError} `migrations_pending`.
 * @throws {StoreError} as `openDatabase` and `migrate`.
 */
export async function openStore({
  url,
  authToken,
  migrations,
}: StoreSettings): Promise<{ database: Database; applied: readonly string[] }> {
  const database = await openDatabase({ url, authToken });
  try {
    if (migrations === "apply") return { database, applied: (await migrate(database)).applied };
    await refusePending(database);
    return { database, applied: [] };
  } catch (error) {
    database.close();
    throw error;
  }
}

async function refusePending(database: Database): Promise<void> {
  const pending = await pendingMigrations(database);
  if (pending.length === 0) return;
  throw new CliError("migrations_pending", `the database lacks ${pending.join(", ")}`, { mend: "run `evergrant migrate` first" });
}
