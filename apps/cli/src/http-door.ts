/**
 * The listening socket: taken before anything else is done, opened to the app once that is ready, closed without cutting anybody off, and
 * bounded against clients that are slow, many or wordy.
 */
import { IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { CliError } from "./cli-error.ts";
import { type TrustedProxies, clientAddresses } from "./client-address.ts";

export interface HttpDoor {
  /** The port that was taken, where 0 was asked for. */
  readonly port: number;
  /** From now on requests are answered by this; before, they are told to come back. */
  open(fetch: Fetch): void;
  /** Stops accepting, lets answers under way finish for `deadlineMs`, then cuts the rest off. */
  close(deadlineMs: number): Promise<void>;
}

/** Answers a request, of which this is known beside: the other end's address, if it is still there, and its header fields as they came. */
type Fetch = (request: Request, from: { address?: string; rawHeaders?: readonly string[] }) => Promise<Response>;

/** What one client, or all of them, may take of this process. */
export interface Bounds {
  /** For the head of a request, from its first byte to its last. */
  readonly headersTimeoutMs: number;
  /** For a whole request. Its answer may take as long as it takes. */
  readonly requestTimeoutMs: number;
  /** How long a connection may stand still: a stream's reader that reads no more is cut off, and can resume. */
  readonly idleTimeoutMs: number;
  /** Of a request's line and header fields, cookies included. */
  readonly maxHeaderBytes: number;
  /** At the same time; more are closed unheard. */
  readonly maxConnections: number;
  /** How often the first two are looked at. */
  readonly checkMs: number;
}

/** Streams send something every 15 seconds, and the slowest answer takes a provider 90, so that none of them stands still by itself. */
const defaultBounds: Bounds = {
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 120_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 10_000,
  checkMs: 5_000,
};

const notReady = async () =>
  new Response('{"status":"starting"}\n', { status: 503, headers: { "content-type": "application/json", "retry-after": "1" } });

/**
 * Takes a port.
 *
 * @param settings.trustedProxies Whose word for the client's address is believed; left out, nobody's.
 * @throws {CliError} `port_taken`, `address_unusable`.
 */
export async function listen(settings: {
  host: string;
  port: number;
  trustedProxies?: TrustedProxies;
  bounds?: Partial<Bounds>;
}): Promise<HttpDoor> {
  const bounds = { ...defaultBounds, ...settings.bounds };
  const addressOf = clientAddresses(settings.trustedProxies ?? []);
  let handle: Fetch = notReady;
  const answer = getRequestListener((request, { incoming }) => {
    // The adapter's type knows HTTP/2 as well, which is not spoken here.
    if (!(incoming instanceof IncomingMessage)) return handle(request, {});
    const address = addressOf(incoming);
    const { rawHeaders } = incoming;
    return handle(request, address === undefined ? { rawHeaders } : { address, rawHeaders });
  });
  const underWay = new Set<ServerResponse>();
  const { headersTimeoutMs: headersTimeout, requestTimeoutMs: requestTimeout, maxHeaderBytes: maxHeaderSize } = bounds;
  const limits = { headersTimeout, requestTimeout, maxHeaderSize, connectionsCheckingInterval: bounds.checkMs };
  const server = createServer(limits, (request, response) => {
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
    void answer(request, response);
  });
  server.maxConnections = bounds.maxConnections;
  server.setTimeout(bounds.idleTimeoutMs);
  await bind(server, settings);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : settings.port,
    open: (fetch) => {
      handle = fetch;
    },
    close: (deadlineMs) => {
      // Their connections must not be kept for requests that will not be taken.
      for (const response of underWay) {
        response.shouldKeepAlive = false;
        // A stream has promised already to keep its own.
        response.once("close", () => server.closeIdleConnections());
      }
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
