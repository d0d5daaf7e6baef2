/**
 * The listening socket: taken before anything else is done, opened to the app once that is ready, and closed without cutting anybody off.
 */
import { type Server, type ServerResponse, createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { CliError } from "./cli-error.ts";

export interface HttpDoor {
  /** The port that was taken, where 0 was asked for. */
  readonly port: number;
  /** From now on requests are answered by this; before, they are told to come back. */
  open(fetch: (request: Request, from?: { address: string }) => Promise<Response>): void;
  /** Stops accepting, lets answers under way finish for `deadlineMs`, then cuts the rest off. */
  close(deadlineMs: number): Promise<void>;
}

const notReady = async () =>
  new Response('{"status":"starting"}\n', { status: 503, headers: { "content-type": "application/json", "retry-after": "1" } });

/**
 * Takes a port.
 *
 * @throws {CliError} `port_taken`, `address_unusable`.
 */
export async function listen({ host, port }: { host: string; port: number }): Promise<HttpDoor> {
  let handle: (request: Request, from?: { address: string }) => Promise<Response> = notReady;
  const answer = getRequestListener((request, { incoming }) => {
    const address = incoming.socket.remoteAddress;
    return handle(request, address === undefined ? undefined : { address });
  });
  const underWay = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
    void answer(request, response);
  });
  await bind(server, { host, port });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    open: (fetch) => {
      handle = fetch;
    },
    close: (deadlineMs) => {
      // Their connections must not be kept for requests that will not be taken.
      for (const response of underWay) response.shouldKeepAlive = false;
      return close(server, deadlineMs);
    },
  };
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(addressFault(cause, { host, port })));
    server.listen(port, host, () => resolve());
  });
}

function addressFault(cause: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  if (cause.code === "EADDRINUSE") {
    const mend = `choose another with --port ${port < 65_535 ? port + 1 : 4000} or EVERGRANT_PORT, or stop what listens there`;
    return new CliError("port_taken", `port ${port} on ${host} is taken`, { mend, cause });
  }
  if (cause.code === "EACCES") {
    const mend = "choose one above 1023 with --port or EVERGRANT_PORT";
    return new CliError("address_unusable", `this user may not listen on port ${port}`, { mend, cause });
  }
  if (cause.code === "EADDRNOTAVAIL" || cause.code === "ENOTFOUND" || cause.code === "EAI_AGAIN") {
    const mend = "choose one with --host or EVERGRANT_HOST, such as 127.0.0.1 or 0.0.0.0";
    return new CliError("address_unusable", `${host} is no address of this machine`, { mend, cause });
  }
  return cause;
}

async function close(server: Server, deadlineMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      server.closeAllConnections();
      resolve();
    }, deadlineMs);
    // Idle connections that are kept alive end with it.
    server.close(() => resolve());
  });
  clearTimeout(timer);
}
