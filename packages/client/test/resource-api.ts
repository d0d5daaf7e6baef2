/**
 * A resource server that answers as several APIs do, for whoever has a token that the sandbox takes.
 */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";

export interface ResourceApi extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  /** The tokens that it took, and null for each that it refused. */
  readonly shown: (string | null)[];
}

/** `accountUrl`: answers 200 for a token that holds. */
export async function startResourceApi(accountUrl: string): Promise<ResourceApi> {
  const shown: (string | null)[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    // Pages of any origin may call, and understand a refusal.
    const open = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "authorization, content-type",
      "access-control-expose-headers": "www-authenticate",
    };
    for (const [name, value] of Object.entries(open)) response.setHeader(name, value);
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    const { authorization = "" } = request.headers;
    const holds = (await fetch(accountUrl, { headers: { authorization } })).ok;
    shown.push(holds ? authorization.replace(/^Bearer /, "") : null);
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    if (!holds) return send(401, {}, { "www-authenticate": 'Bearer error="invalid_token"' });
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (pathname === "/mcp") return answerMcp(request, Buffer.concat(chunks).toString(), send);
    if (pathname === "/graphql") return send(200, { data: { viewer: { id: "alice", name: "alice" } } });
    return send(200, { ok: true, id: "alice", login: "alice", user: "alice" });
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    shown,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** As much of the Model Context Protocol (streamable HTTP) as a client needs to greet and to call. */
function answerMcp(request: IncomingMessage, body: string, send: (status: number, body: unknown) => void): void {
  if (request.method !== "POST") return send(405, {});
  const { id, method, params } = JSON.parse(body) as { id?: number; method: string; params?: { protocolVersion?: string } };
  if (id === undefined) return send(202, {});
  const greeting = { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "alice", version: "1" } };
  send(200, {
    jsonrpc: "2.0",
    id,
    result: method === "initialize" ? greeting : { tools: [{ name: "alice", inputSchema: { type: "object" } }] },
  });
}
