/**
 * The database and vault of a project, for commands that need nothing else of a server.
 */
import { type Database, type Vault, openVault } from "@evergrant/server";
import { requireEncryptionKeys } from "./embedded-defaults.ts";
import { keyEncryptionKeysOf } from "./key-encryption-keys.ts";
import { openStore } from "./open-store.ts";
import { findProject, requireDatabaseUrl } from "./project.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Opened {
  readonly database: Database;
  readonly vault: Vault;
  readonly now: () => Date;
}

/**
 * Opens both, does the work, and closes what it opened.
 *
 * @param named The config file that was named on the command line.
 * @throws {CliError} `config_not_found`, `keys_missing`, `migrations_pending`, and what the work throws.
 */
export async function withVault<Result>(
  named: string | undefined,
  { environment, workingFolder, now }: Surroundings,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const url = requireDatabaseUrl({ named, workingFolder }, environment);
  const { stateFolder } = findProject({ named, workingFolder }, environment);
  const keyEncryptionKeys = keyEncryptionKeysOf(await requireEncryptionKeys(environment, stateFolder), environment);
  const { database } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "refuse_pending" });
  try {
    const vault = await openVault({ database, keyEncryptionKeys, now });
    return await work({ database, vault, now });
  } finally {
    database.close();
  }
}
