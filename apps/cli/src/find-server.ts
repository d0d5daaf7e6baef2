/**
 * The running server that a command asks: where it is, and with which key.
 */
import { isLoopbackHost } from "@evergrant/schema";
import { z } from "zod";
import { CliError } from "./cli-error.ts";
import { readEmbeddedKeys } from "./embedded-defaults.ts";
import { loadConfig } from "./load-config.ts";
import { type Project, findProject } from "./project.ts";
import { expectedUrl } from "./read-config.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ServerPlace {
  readonly url: string;
  readonly apiKey: string;
  /** What to look at when the key is refused. */
  readonly keyFrom: string;
}

// Whatever else is wrong with the config is the server's to report: this command may run where its variables are not set.
const placeShape = z.object({ publicUrl: z.string().optional().catch(undefined) }).catch({});

/**
 * The URL is `--url`, `EVERGRANT_URL`, `EVERGRANT_PUBLIC_URL`, the config's `publicUrl`, else http://127.0.0.1 at the usual port;
 * the key is `EVERGRANT_API_KEY`, else the one that a development server made beside the config.
 *
 * @throws {CliError} `keys_missing`; `config_not_found`, `config_unreadable` where the config is needed and cannot be read.
 */
export async function findServer(
  named: { url: string | undefined; config: string | undefined },
  surroundings: Surroundings,
): Promise<ServerPlace> {
  const { environment, workingFolder } = surroundings;
  const project = findProject({ named: named.config, workingFolder }, environment);
  const url = named.url ?? environment.url ?? environment.publicUrl ?? (await configuredUrl(project, surroundings));
  if (environment.apiKey !== undefined) return { url, apiKey: environment.apiKey, keyFrom: "EVERGRANT_API_KEY" };
  // A development key is for the server on this machine, and is shown to no other.
  const apiKey = isLoopbackHost(new URL(url).hostname) ? (await readEmbeddedKeys(project.stateFolder)).apiKey : null;
  if (apiKey !== null) return { url, apiKey, keyFrom: project.stateFolder };
  throw new CliError("keys_missing", `there is no API key to ask ${url} with`, {
    mend: "set EVERGRANT_API_KEY (`evergrant api-keys create` makes one), or name the config of a development server with --config",
  });
}

async function configuredUrl({ configPath }: Project, { environment, node }: Surroundings): Promise<string> {
  const publicUrl = configPath === null ? undefined : placeShape.parse((await loadConfig(configPath, node)).input).publicUrl;
  if (publicUrl !== undefined && URL.canParse(publicUrl)) return publicUrl;
  return expectedUrl({ port: environment.port });
}
