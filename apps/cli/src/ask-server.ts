/**
 * Asks the running server through the client, and turns its refusals into failures with their mend.
 */
import type * as Client from "@evergrant/client";
import { z } from "zod";
import { CliError } from "./cli-error.ts";
import { type ServerPlace, findServer } from "./find-server.ts";
import type { Surroundings } from "./surroundings.ts";

/** The option of every command that asks a server. */
export const urlOption = ["--url <url>", "the server to ask; left out, EVERGRANT_URL or the config's publicUrl"] as const;
/** What it must be. */
export const urlShape = z
  .url({ protocol: /^https?$/, error: "must be the http(s) URL of a server, such as http://127.0.0.1:4000" })
  .optional();

/**
 * Finds the server, and asks it.
 *
 * @throws {CliError} `server_unreachable`, `unauthorized`, `request_refused`, and as `findServer`.
 */
export async function askServer<Result>(
  named: { url: string | undefined; config: string | undefined },
  surroundings: Surroundings,
  ask: (client: Client.EvergrantClient) => Promise<Result>,
): Promise<Result> {
  const place = await findServer(named, surroundings);
  const client = await import("@evergrant/client");
  try {
    return await ask(client.createClient({ url: place.url, apiKey: place.apiKey, fetch: surroundings.fetch }));
  } catch (error) {
    throw explained(error, place, client);
  }
}

function explained(
  error: unknown,
  { url, keyFrom }: ServerPlace,
  { EvergrantRequestError, EvergrantUnreachableError }: Pick<typeof Client, "EvergrantRequestError" | "EvergrantUnreachableError">,
): unknown {
  if (error instanceof EvergrantUnreachableError) {
    const mend = "start it with `evergrant serve`, or name another with --url or EVERGRANT_URL";
    return new CliError("server_unreachable", `no Evergrant answers at ${url}`, { mend, cause: error });
  }
  if (!(error instanceof EvergrantRequestError)) return error;
  if (error.httpStatus === 401) {
    const mend = `the key came from ${keyFrom}: set EVERGRANT_API_KEY to one that this server knows`;
    return new CliError("unauthorized", `the server at ${url} does not know this API key`, { mend, cause: error });
  }
  return new CliError("request_refused", error.message, { mend: "correct what it names and try again", cause: error });
}
