/**
 * A whole server in this process: config, keys, database, app and socket, started in that order and stopped in the other.
 */
import { type App, type Log, createApp } from "@evergrant/server";
import type { Fault } from "./cli-error.ts";
import { type Keys, resolveKeys } from "./embedded-defaults.ts";
import type { Environment } from "./env.ts";
import { type HttpDoor, listen } from "./http-door.ts";
import { keyEncryptionKeysOf } from "./key-encryption-keys.ts";
import type { LoadedConfig } from "./load-config.ts";
import { openStore } from "./open-store.ts";
import { databaseUrlOf, stateFolderIn } from "./project.ts";
import { deploymentUrlOf, developmentUrlAt, readConfig } from "./read-config.ts";

export interface StartServerOptions {
  readonly config: LoadedConfig;
  readonly environment: Environment;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether missing migrations are applied or refused. */
  readonly migrations: "apply" | "refuse_pending";
  readonly log: Log;
  readonly now?: () => Date;
}

export interface RunningServer {
  /** Where browsers reach it. */
  readonly publicUrl: string;
  /** Where it listens, such as http://127.0.0.1:4000. */
  readonly listensAt: string;
  readonly integrations: readonly string[];
  /** The bootstrap `admin` key, if there is one. */
  readonly apiKey: string | null;
  /** Files of keys that this start made. */
  readonly madeKeys: readonly string[];
  readonly appliedMigrations: readonly string[];
  /** What is odd about the config. */
  readonly warnings: readonly Fault[];
  /** Stops accepting, finishes what is under way, closes the database; at most 25 seconds. False if a refresh was left behind. */
  close(): Promise<boolean>;
}

/** As long as a caller is kept waiting for a refresh. */
const requestsDrainMs = 10_000;
/** Together with the requests less than the 30 seconds that supervisors allow between SIGTERM and SIGKILL. */
const refreshesDrainMs = 15_000;

/**
 * Starts a server.
 *
 * @throws {CliError} `port_taken`, `address_unusable`, `config_invalid`, `keys_missing`, `keys_unusable`, `migrations_pending`.
 * @throws {StoreError} where the database cannot be used.
 * @throws {VaultError} `key_unavailable`: the database was sealed with other keys.
 * @example
 * const config = await loadConfig("/srv/app/evergrant.config.json", node);
 * const server = await startServer({ config, environment, host: "127.0.0.1", port: 0, migrations: "apply", log });
 * await server.close();
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  // The port comes first: without `publicUrl` the config depends on it.
  const { trustedProxies } = options.environment;
  const door = await listen({ ...options, ...(trustedProxies !== undefined && { trustedProxies }) });
  try {
    return await startBehind(door, options);
  } catch (error) {
    await door.close(0);
    throw error;
  }
}

async function startBehind(door: HttpDoor, options: StartServerOptions): Promise<RunningServer> {
  const { environment, host } = options;
  const listensAt = developmentUrlAt({ host, port: door.port });
  const stateFolder = stateFolderIn(options.config.folder);
  const { config, warnings } = await readConfig(options.config, { environment, developmentUrl: listensAt });
  const keys = await resolveKeys({ environment, stateFolder });
  const keyEncryptionKeys = keyEncryptionKeysOf(keys.encryptionKeys, environment);
  const { database, applied } = await openStore({
    url: databaseUrlOf(environment, stateFolder),
    authToken: environment.databaseAuthToken,
    migrations: options.migrations,
  });
  const deploymentUrl = deploymentUrlOf(options.config, environment);
  let app: App;
  try {
    app = await createApp({
      config,
      database,
      keys: keyEncryptionKeys,
      refresher: "interval",
      log: options.log,
      timing: { drainMs: refreshesDrainMs },
      ...(keys.apiKey !== null && { bootstrapKey: keys.apiKey }),
      ...(environment.identityProvider && { identityProvider: environment.identityProvider }),
      ...(environment.rateLimits !== undefined && { rateLimits: environment.rateLimits }),
      ...(options.now && { now: options.now }),
      ...(deploymentUrl !== undefined && { deploymentUrl }),
    });
  } catch (error) {
    database.close();
    throw error;
  }
  door.open(app.fetch);
  return {
    publicUrl: config.publicUrl,
    listensAt,
    integrations: [...config.integrations.keys()],
    ...told(keys),
    appliedMigrations: applied,
    warnings,
    close: async () => {
      const quiet = door.close(requestsDrainMs);
      app.endStreams();
      await quiet;
      const drained = await app.close();
      database.close();
      return drained;
    },
  };
}

function told({ apiKey, made }: Keys): Pick<RunningServer, "apiKey" | "madeKeys"> {
  return { apiKey, madeKeys: made };
}
