/**
 * Where the config file is: named, or one of the usual names in the working directory.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError } from "./cli-error.ts";

/** In the order in which they are looked for. */
const configNames = [
  "evergrant.config.ts",
  "evergrant.config.mts",
  "evergrant.config.js",
  "evergrant.config.mjs",
  "evergrant.config.json",
] as const;

/** `--config`, else `EVERGRANT_CONFIG`, else the working directory. */
export interface ConfigSearch {
  readonly named: string | undefined;
  /** Absolute. */
  readonly workingFolder: string;
}

/**
 * Finds the config file; null where none is named and none of the usual names is there.
 *
 * @throws {CliError} `config_not_found`: the named file does not exist, or two files could be meant.
 */
export function findConfig({ named, workingFolder }: ConfigSearch): string | null {
  if (named !== undefined) {
    const path = resolve(workingFolder, named);
    if (existsSync(path)) return path;
    throw new CliError("config_not_found", `there is no config file ${path}`, { mend: "correct --config or EVERGRANT_CONFIG" });
  }
  const [found, second] = configNames.filter((name) => existsSync(join(workingFolder, name)));
  if (found === undefined) return null;
  // One of the two would be edited in vain.
  if (second !== undefined) {
    throw new CliError("config_not_found", `${workingFolder} holds both ${found} and ${second}`, {
      mend: "remove one of them, or name one with --config",
    });
  }
  return join(workingFolder, found);
}

/**
 * As `findConfig`, for what cannot be done without a config.
 *
 * @throws {CliError} `config_not_found`.
 */
export function requireConfig(search: ConfigSearch): string {
  const path = findConfig(search);
  if (path !== null) return path;
  throw new CliError("config_not_found", `there is no ${configNames[0]} (nor .mts, .js, .mjs, .json) in ${search.workingFolder}`, {
    mend: "write one, go to its folder, or name it with --config or EVERGRANT_CONFIG",
  });
}
