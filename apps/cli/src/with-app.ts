/**
 * A server in this process that listens nowhere, for commands that need all of a project.
 */
import { type App, createApp } from "@evergrant/server";
import { resolveKeys } from "./embedded-defaults.ts";
import { requireConfig } from "./find-config.ts";
import { keyEncryptionKeysOf } from "./key-encryption-keys.ts";
import { loadConfig } from "./load-config.ts";
import { createLog } from "./log.ts";
import { openStore } from "./open-store.ts";
import { databaseUrlOf, stateFolderIn } from "./project.ts";
import { deploymentUrlOf, expectedUrl, readConfig } from "./read-config.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Makes it, does the work, and closes what it opened.
 *
 * @param named The config file that was named on the command line.
 * @throws {CliError} `config_not_found`, `config_invalid`, `keys_missing`, `migrations_pending`, and what the work throws.
 */
export async function withApp<Result>(
  named: string | undefined,
  { environment, workingFolder, node, stderr, now }: Surroundings,
  work: (app: App) => Promise<Result>,
): Promise<Result> {
  const loaded = await loadConfig(requireConfig({ named, workingFolder }), node);
  const { config } = await readConfig(loaded, { environment, developmentUrl: expectedUrl(environment) });
  const stateFolder = stateFolderIn(loaded.folder);
  const keys = keyEncryptionKeysOf((await resolveKeys({ environment, stateFolder })).encryptionKeys, environment);
  const url = databaseUrlOf(environment, stateFolder);
  const { database } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "refuse_pending" });
  try {
    const deploymentUrl = deploymentUrlOf(loaded, environment);
    const log = createLog(stderr, environment);
    const app = await createApp({
      config,
      database,
      keys,
      refresher: "none",
      log,
      now,
      ...(deploymentUrl !== undefined && { deploymentUrl }),
    });
    const result = await work(app);
    await app.close();
    return result;
  } finally {
    database.close();
  }
}
