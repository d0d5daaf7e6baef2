/**
 * The whole demo in one process: the sandbox, an Evergrant server, and an app beside them that uses it. Nothing outlives it.
 */
import { createClient } from "@evergrant/client";
import { type Sandbox, startSandbox } from "@evergrant/sandbox";
import type { Log } from "@evergrant/server";
import { type Environment, type RunningServer, listen, loadConfig, startServer } from "evergrant";
import { createBackend } from "./backend.ts";
import type { Evergrant } from "./evergrant.ts";
import { readPageFiles } from "./page-files.ts";
import { users } from "./users.ts";

export interface DemoOptions {
  /** 0 takes a free one. */
  readonly ports: { readonly app: number; readonly server: number; readonly sandbox: number };
  readonly configPath: string;
  /** The built page. */
  readonly pageFolder: string;
  readonly environment: Environment;
  readonly log: Log;
  /** The clock of them all; left out, the system's. */
  readonly now?: () => Date;
}

export interface Demo {
  readonly appUrl: string;
  readonly server: RunningServer;
  readonly sandbox: Sandbox;
  /** The backend's. */
  readonly evergrant: Evergrant;
  /** Disconnects what the users have connected. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const host = "127.0.0.1";
/** So short that a refresh is seen by whoever looks on for a minute. */
export const tokenLifetimeSeconds = 45;
/** Enough for answers under way; what is beyond it is a browser that keeps asking. */
const drainMs = 1_000;

/**
 * Starts it all. The config may read `SANDBOX_PORT` and `DEMO_ORIGIN`.
 *
 * @throws {SandboxError} `port_taken`, and {CliError} as `startServer` does.
 */
export async function startDemo({ ports, configPath, pageFolder, environment, log, now }: DemoOptions): Promise<Demo> {
  await using starting = new AsyncDisposableStack();
  const page = readPageFiles(pageFolder);
  const clock = now === undefined ? {} : { now };
  const sandbox = starting.use(await startSandbox({ port: ports.sandbox, accessTokenLifetimeSeconds: tokenLifetimeSeconds, ...clock }));
  const door = starting.adopt(await listen({ host, port: ports.app }), ({ close }) => close(drainMs));
  const appUrl = `http://${host}:${door.port}`;
  // The config reads them.
  process.env["SANDBOX_PORT"] = new URL(sandbox.issuer).port;
  process.env["DEMO_ORIGIN"] = appUrl;
  const config = await loadConfig(configPath, {
    version: process.versions.node,
    stripsTypes: Boolean(process.features.typescript),
    executable: process.execPath,
  });
  const server = starting.adopt(
    await startServer({ config, environment, host, port: ports.server, migrations: "apply", log, ...clock }),
    async ({ close }) => void (await close()),
  );
  sandbox.registerRedirectUri(`${server.publicUrl}/oauth/callback/sandbox`);
  const evergrant: Evergrant = createClient({
    url: server.listensAt,
    apiKey: server.apiKey ?? "",
    ...(now && { now: () => now().getTime() }),
  });
  const reset = async () => {
    const pages = await Promise.all(users.map(({ id }) => evergrant.connections.list({ subject: id })));
    const live = pages.flatMap(({ connections }) => connections.filter(({ status }) => status !== "disconnected"));
    await Promise.all(live.map(({ id }) => evergrant.connections.disconnect({ connectionId: id })));
  };
  // A new sandbox knows nothing of the grants of the one before.
  await reset();
  door.open(createBackend({ appUrl, evergrantUrl: server.publicUrl, evergrant, sandbox, page, tokenLifetimeSeconds }));
  const running = starting.move();
  return { appUrl, server, sandbox, evergrant, reset, close: () => running.disposeAsync() };
}
