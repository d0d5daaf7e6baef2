/**
 * The database of a project, for commands that need neither its config nor its keys.
 */
import type { Database } from "@evergrant/server";
import { openStore } from "./open-store.ts";
import { requireDatabaseUrl } from "./project.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Opens it, does the work, and closes it.
 *
 * @param named The config file that was named on the command line.
 * @throws {CliError} `config_not_found`, `migrations_pending`, and what the work throws.
 */
export async function withDatabase<Result>(
  named: string | undefined,
  { environment, workingFolder }: Surroundings,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const url = requireDatabaseUrl({ named, workingFolder }, environment);
  const { database } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "refuse_pending" });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}
