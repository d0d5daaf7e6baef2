/**
 * A config from its file to what the server works by, or every fault in it at once.
 */
import { type ResolvedConfig, resolveConfig } from "@evergrant/providers";
import { CliError, type Fault } from "./cli-error.ts";
import type { Environment } from "./env.ts";
import type { LoadedConfig } from "./load-config.ts";

/**
 * Resolves a loaded config with this environment.
 *
 * @param developmentUrl What `publicUrl` is in development where nobody names it.
 * @throws {CliError} `config_invalid`, with all faults.
 */
export async function readConfig(
  loaded: LoadedConfig,
  { environment, developmentUrl }: { environment: Environment; developmentUrl: string },
): Promise<{ config: ResolvedConfig; warnings: readonly Fault[] }> {
  const { development, publicUrl, variables } = environment;
  const resolution = await resolveConfig(loaded.input, {
    environment: variables,
    development,
    developmentUrl,
    ...(publicUrl !== undefined && { publicUrl }),
  });
  const faults = [...loaded.faults, ...(resolution.ok ? [] : resolution.faults)];
  if (resolution.ok && faults.length === 0) return resolution;
  throw new CliError("config_invalid", `${loaded.path} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}`, {
    mend: "correct what is named above, then run `evergrant config check`",
    faults,
  });
}

/** The name of deployments whose URL nobody chose. */
export const unchosenUrl = "http://localhost";

/**
 * What names a deployment whose URL nobody chose: in development a free port is no sign of another one. Undefined where there is a
 * public URL.
 */
export function deploymentUrlOf({ input }: LoadedConfig, { publicUrl }: Pick<Environment, "publicUrl">): string | undefined {
  const declared = typeof input === "object" && input !== null && "publicUrl" in input;
  return declared || publicUrl !== undefined ? undefined : unchosenUrl;
}

/** Where a server listens that nobody told otherwise: on this machine alone. */
export const defaultHost = "127.0.0.1";
export const defaultPort = 4_000;

/** Where a server with this environment would listen, as `developmentUrlAt`. */
export function expectedUrl({ host = defaultHost, port = defaultPort }: Pick<Environment, "host" | "port">): string {
  return developmentUrlAt({ host, port });
}

/** What `publicUrl` is in development: a loopback host, since nothing else may go without https. */
export function developmentUrlAt({ host, port }: { host: string; port: number }): string {
  return `http://${host === "::1" ? "[::1]" : host === "localhost" ? host : "127.0.0.1"}:${port}`;
}
