/**
 * What the local key services of the tests have in common: a loopback HTTP server that can fail as the real ones do.
 */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface KeyService extends AsyncDisposable {
  readonly url: string;
  /** Every request, by what it asked for. */
  readonly requests: string[];
  /** The next requests are answered so, instead of by the service; null: no answer at all. */
  failNext(...answers: (Answer | null)[]): void;
  /** Refuses connections until `resume`. */
  stop(): Promise<void>;
  resume(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** Starts a service that answers by `answer`; `name` tells requests apart. */
export async function startKeyService(name: (asked: Asked) => string, answer: (asked: Asked) => Answer): Promise<KeyService> {
  const requests: string[] = [];
  const failures: (Answer | null)[] = [];
  let server: Server;
  let port = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}") as Record<string, unknown>;
    const asked = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
    requests.push(name(asked));
    const failure = failures.shift();
    if (failure === null) return;
    const { status, body: answered, headers = {} } = failure ?? answer(asked);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(answered));
  };
  const listen = async () => {
    server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  };
  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  await listen();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    requests,
    failNext: (...answers) => void failures.push(...answers),
    stop,
    resume: listen,
    [Symbol.asyncDispose]: stop,
  };
}
