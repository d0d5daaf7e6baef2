/**
 * A whole Evergrant for one test: the real server behind a real socket that can be shut and opened again, the sandbox as its provider,
 * and one clock for all of them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, resolveConfig } from "@evergrant/providers";
import { type Sandbox, startSandbox } from "@evergrant/sandbox";
import { type App, createApiKey, createApp, generateEncryptionKey, migrate, openDatabase, parseEncryptionKeys } from "@evergrant/server";
import { createClient } from "../src/create-client.ts";

/** The config, as a developer would write it; the sandbox's port is known only when it runs. */
function configOf(sandbox: Sandbox, publicUrl: string) {
  return defineConfig({
    publicUrl,
    integrations: {
      oauth: {
        providers: {
          sandbox: {
            parameters: { port: new URL(sandbox.issuer).port },
            clientId: sandbox.client.clientId,
            clientSecret: sandbox.client.clientSecret,
            scopes: ["notes:read"],
            optionalScopes: ["notes:write"],
            // Whatever else of this machine a test makes a resource server.
            resourceHosts: ["127.0.0.1"],
          },
        },
      },
    },
  });
}

const accessTokenLifetimeSeconds = 3_600;

export async function start() {
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const folder = await mkdtemp(join(tmpdir(), "evergrant-client-"));
  const sandbox = await startSandbox({ consent: "automatic", now, accessTokenLifetimeSeconds });
  const door = await openDoor();
  const publicUrl = `http://127.0.0.1:${door.port}`;
  const config = configOf(sandbox, publicUrl);
  sandbox.registerRedirectUri(`${publicUrl}/oauth/callback/sandbox`);
  const resolution = await resolveConfig(config, { environment: {}, development: true });
  if (!resolution.ok) throw new Error(`the test's config has faults: ${JSON.stringify(resolution.faults)}`);

  const database = await openDatabase({ url: `file:${join(folder, "evergrant.db")}` });
  await migrate(database);
  const { apiKey } = await createApiKey({ database, now }, { name: "client", permissions: ["admin"] });
  const keys = parseEncryptionKeys(generateEncryptionKey());
  const app = await createApp({ config: resolution.config, database, keys, now, refresher: "none" });
  door.leadTo(app);
  const anotherClient = (key = apiKey) => createClient<typeof config>({ url: publicUrl, apiKey: key, now: () => now().getTime() });
  const client = anotherClient();

  return {
    client,
    /** A client of another process. */
    anotherClient,
    sandbox,
    door,
    publicUrl,
    apiKey,
    passSeconds: (seconds: number) => {
      aheadMs += seconds * 1000;
    },
    /** Opens a connect link as its owner would, and comes back with the page at its end. */
    visit,
    connect: async (subject: string): Promise<string> => {
      const { authorizeUrl } = await client.connections.authorize({ integration: "sandbox", subject });
      await visit(authorizeUrl);
      const { connections } = await client.connections.list({ integration: "sandbox", subject });
      const [connection] = connections;
      if (connection === undefined) throw new Error("the flow ended without a connection");
      return connection.id;
    },
    [Symbol.asyncDispose]: async () => {
      await door.shut();
      await app.close();
      database.close();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port of this machine before an app that comes later. */
async function openDoor() {
  let app: App | null = null;
  let server: Server | null = null;
  const open = async (port: number): Promise<number> => {
    const opened = createServer((request, response) => void pass(request, response, app));
    server = opened;
    await new Promise<void>((resolve) => opened.listen(port, "127.0.0.1", resolve));
    const address = opened.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    return address.port;
  };
  const port = await open(0);
  return {
    port,
    leadTo: (to: App) => {
      app = to;
    },
    open: () => open(port),
    shut: () =>
      new Promise<void>((resolve) => {
        if (server === null) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
        server = null;
      }),
  };
}

/** One request of Node's to a server of the Fetch API. */
async function pass(request: IncomingMessage, response: ServerResponse, app: App | null): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const asked = new Request(`http://${request.headers.host ?? ""}${request.url ?? "/"}`, {
    method: request.method ?? "GET",
    headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
    body: chunks.length > 0 ? Buffer.concat(chunks) : null,
    signal: gone.signal,
  });
  const answer = app === null ? new Response(null, { status: 503 }) : await app.fetch(asked);
  response.writeHead(answer.status, [...answer.headers].flat());
  response.flushHeaders();
  // Piece by piece: a stream of events has no end.
  try {
    for await (const piece of answer.body ?? []) response.write(piece);
    response.end();
  } catch {
    response.destroy();
  }
}

async function visit(from: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  for (let redirects = 0; redirects < 20; redirects += 1) {
    const response = await fetch(url, { redirect: "manual", headers: { cookie: cookies.get(url.host) ?? "" } });
    const set = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    cookies.set(url.host, [cookies.get(url.host), ...set].filter(Boolean).join("; "));
    const location = response.headers.get("location");
    if (location === null) return response.text();
    url = new URL(location, url);
  }
  throw new Error("more than twenty redirects");
}
