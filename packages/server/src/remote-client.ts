/**
 * Runs statements on a libSQL server over HTTP (Hrana 2), each call one request with a deadline; the only file that speaks to `@libsql/client`.
 */
import { type InStatement, createClient } from "@libsql/client/http";
import type { DatabaseClient } from "./file-client.ts";
import { TransportError } from "./store-error.ts";

/**
 * Opens a libSQL server. Nothing is sent yet.
 *
 * @param server.requestTimeoutMs How long one request may take, answer included.
 */
export function openRemoteClient(server: { url: string; authToken?: string | undefined; requestTimeoutMs: number }): DatabaseClient {
  const { url, authToken, requestTimeoutMs } = server;
  // The client has no deadline of its own.
  const client = createClient({
    url,
    ...(authToken === undefined ? {} : { authToken }),
    fetch: (request: Request) => fetchOnce(request, requestTimeoutMs),
  });
  return {
    execute: (statement) => client.execute(statement),
    batch: (statements, mode) =>
      client.batch(
        statements.map((statement): InStatement => statement),
        mode,
      ),
    close: () => client.close(),
  };
}

/** @throws {TransportError} telling whether the server can have seen the request. */
async function fetchOnce(request: Request, requestTimeoutMs: number): Promise<Response> {
  try {
    // Redirects are not followed: they would carry a write, and perhaps the token, elsewhere.
    const response = await fetch(request, { redirect: "manual", signal: AbortSignal.timeout(requestTimeoutMs) });
    const body = await response.arrayBuffer();
    if (response.ok) return new Response(body, { headers: { "content-type": "application/json" } });
    // A 4xx was decided before any statement ran; behind a 5xx or a proxy's 408 one may have run.
    const refused = response.status < 500 && response.status !== 408;
    throw new TransportError(refused ? "refused" : "lost", `The database server answered ${response.status}${hintFor(response.status)}.`);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    if (error instanceof Error && error.name === "TimeoutError")
      throw new TransportError("lost", `The database server did not answer within ${requestTimeoutMs} ms.`);
    const code = causeCodeOf(error);
    if (code !== undefined && neverConnected.has(code))
      throw new TransportError("not_sent", `The database server cannot be reached (${code}).`);
    throw new TransportError("lost", `The connection to the database server broke${code === undefined ? "" : ` (${code})`}.`);
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
