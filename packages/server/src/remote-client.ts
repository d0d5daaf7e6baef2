/**
 * Runs statements on a libSQL server over HTTP (Hrana 2), each call one request with a deadline; the only file that speaks to `@libsql/client`.
 */
import { type Client, type InStatement, createClient } from "@libsql/client/http";
import type { DatabaseClient } from "./file-client.ts";
import { StoreError, DatabaseRequestError } from "./store-error.ts";

interface RemoteSettings {
  readonly url: string;
  readonly authToken?: string | undefined;
  /** How long one request may take, answer included. */
  readonly requestTimeoutMs: number;
}

/**
 * Opens a libSQL server. Nothing is sent yet.
 *
 * @throws {StoreError} `database_url_invalid` where the URL carries what a server's has no use for.
 */
export function openRemoteClient(server: RemoteSettings): DatabaseClient {
  const client = clientOf(server);
  return {
    execute: (statement) => client.execute(statement),
    batch: (statements, mode) =>
      client.batch(
        statements.map((statement): InStatement => statement),
        mode,
      ),
    read: async (statement) => (await client.execute(statement)).rows.map((row) => Array.from(row)),
    version: () => null,
    close: () => client.close(),
  };
}

function clientOf({ url, authToken, requestTimeoutMs }: RemoteSettings): Client {
  const token = authToken === undefined ? {} : { authToken };
  try {
    // The client has no deadline of its own.
    return createClient({ url, ...token, fetch: (request: Request) => fetchOnce(request, requestTimeoutMs) });
  } catch {
    // What it says may repeat the URL, and with it a token.
    throw new StoreError("database_url_invalid", "The URL of a database server has no query but ?tls=0 or ?tls=1, and no fragment.");
  }
}

/** @throws {DatabaseRequestError} telling whether the server can have seen the request. */
async function fetchOnce(request: Request, requestTimeoutMs: number): Promise<Response> {
  try {
    // Redirects are not followed: they would carry a write, and perhaps the token, elsewhere.
    const response = await fetch(request, { redirect: "manual", signal: AbortSignal.timeout(requestTimeoutMs) });
    const body = await response.arrayBuffer();
    if (response.ok) return new Response(body, { headers: { "content-type": "application/json" } });
    // A 4xx was decided before any statement ran; behind a 5xx or a proxy's 408 one may have run.
    const refused = response.status < 500 && response.status !== 408;
    throw new DatabaseRequestError(
      refused ? "refused" : "lost",
      `The database server answered ${response.status}${hintFor(response.status)}.`,
    );
  } catch (error) {
    if (error instanceof DatabaseRequestError) throw error;
    if (error instanceof Error && error.name === "TimeoutError")
      throw new DatabaseRequestError("lost", `The database server did not answer within ${requestTimeoutMs} ms.`);
    const code = causeCodeOf(error);
    if (code !== undefined && neverConnected.has(code))
      throw new DatabaseRequestError("not_sent", `The database server cannot be reached (${code}).`);
    throw new DatabaseRequestError("lost", `The connection to the database server broke${code === undefined ? "" : ` (${code})`}.`);
  }
}

/** Errors of name resolution and connecting, after which no byte of the request has left. */
const neverConnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

function hintFor(status: number): string {
  return status === 401 || status === 403 ? "; check the database auth token" : "";
}

function causeCodeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
