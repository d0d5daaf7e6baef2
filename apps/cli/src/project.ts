/**
 * Where the things of one deployment are: its config, the `.evergrant` folder beside it, its database.
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Environment } from "./env.ts";
import { type ConfigSearch, findConfig, requireConfig } from "./find-config.ts";

export interface Project {
  /** Absolute; null where there is none. */
  readonly configPath: string | null;
  /** `.evergrant` beside the config, or in the working directory where there is no config: keys and database of a development server. */
  readonly stateFolder: string;
  /** `EVERGRANT_DATABASE_URL`, else a file in `stateFolder`. */
  readonly databaseUrl: string;
}

/**
 * Finds a project from where the command runs.
 *
 * @throws {CliError} `config_not_found`, as `findConfig`.
 */
export function findProject(search: ConfigSearch, environment: Pick<Environment, "databaseUrl">): Project {
  const configPath = findConfig(search);
  const stateFolder = stateFolderIn(configPath === null ? search.workingFolder : dirname(configPath));
  return { configPath, stateFolder, databaseUrl: databaseUrlOf(environment, stateFolder) };
}

/**
 * The database's URL for a command that needs nothing else of a project.
 *
 * @throws {CliError} `config_not_found`: there is neither `EVERGRANT_DATABASE_URL` nor a config beside which the default would be.
 */
export function requireDatabaseUrl(search: ConfigSearch, environment: Pick<Environment, "databaseUrl">): string {
  return environment.databaseUrl ?? databaseUrlOf(environment, stateFolderIn(dirname(requireConfig(search))));
}

/** `.evergrant` in a folder. */
export function stateFolderIn(folder: string): string {
  return join(folder, ".evergrant");
}

/** The database's URL; the default is encoded, since a folder may be called anything. */
export function databaseUrlOf(environment: Pick<Environment, "databaseUrl">, stateFolder: string): string {
  return environment.databaseUrl ?? pathToFileURL(join(stateFolder, "evergrant.db")).href;
}
