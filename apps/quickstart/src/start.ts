/**
 * What `npm start` runs: server and sandbox in this one process, so that nothing outlives it, and what a person can do next.
 */
import { dirname, join, relative, resolve } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClient } from "@evergrant/client";
import { type Sandbox, SandboxError, startSandbox } from "@evergrant/sandbox";
import {
  CliError,
  type Environment,
  type Output,
  type RunningServer,
  createLog,
  loadConfig,
  paintFor,
  startServer,
  stopRequestOf,
  toCliError,
} from "evergrant";
import { quickstartEnvironment } from "./quickstart-environment.ts";

const usage = `Usage: npm start -- [options]

  --port <number>          where the server listens; default 4000, or EVERGRANT_PORT; 0 takes a free one
  --sandbox-port <number>  where the sandbox listens; default 4001, or SANDBOX_PORT; 0 takes a free one
  --config <file>          another config than apps/quickstart/evergrant.config.ts`;

const host = "127.0.0.1";
const defaultPort = 4000;
const defaultSandboxPort = 4001;
const subject = "you";
const otherPorts = "choose others: npm start -- --port 4100 --sandbox-port 4101";
const repository = fileURLToPath(new URL("../../..", import.meta.url));

const stdout = outputTo(process.stdout);

try {
  await main();
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { port: text, "sandbox-port": text, config: text, help: { type: "boolean" } } });
  if (values.help === true) return stdout.write(`${usage}\n`);
  const { environment, faults } = quickstartEnvironment(process.env);
  const [fault] = faults;
  if (fault !== undefined) throw new CliError("environment_invalid", `${fault.path} ${fault.message}`, { mend: fault.mend });
  const configPath = resolve(values.config ?? fileURLToPath(new URL("../evergrant.config.ts", import.meta.url)));

  await using sandbox = await startSandbox({ port: portOf(values["sandbox-port"] ?? process.env["SANDBOX_PORT"], defaultSandboxPort) });
  // The config reads it.
  process.env["SANDBOX_PORT"] = new URL(sandbox.issuer).port;
  const server = await startServer({
    config: await loadConfig(configPath, {
      version: process.versions.node,
      stripsTypes: Boolean(process.features.typescript),
      executable: process.execPath,
    }),
    environment,
    host,
    port: portOf(values.port, environment.port ?? defaultPort),
    migrations: "apply",
    log: createLog(outputTo(process.stderr), environment),
  });
  const stopRequested = stopRequestOf(process, { withParent: false });
  try {
    sandbox.registerRedirectUri(`${server.publicUrl}/oauth/callback/sandbox`);
    stdout.write(await welcome({ server, sandbox, environment, configPath }));
    await stopRequested;
  } finally {
    await server.close();
  }
  stdout.write("\nStopped.\n");
}

interface Started {
  readonly server: RunningServer;
  readonly sandbox: Sandbox;
  readonly environment: Environment;
  readonly configPath: string;
}

async function welcome({ server, sandbox, environment, configPath }: Started): Promise<string> {
  const paint = paintFor(stdout, environment);
  const client = createClient({ url: server.listensAt, apiKey: server.apiKey ?? "" });
  const { authorizeUrl } = await client.connections.authorize({ integration: "sandbox", subject });
  const shown = (path: string) => (path.startsWith(repository) ? relative(repository, path) : path);
  const where = server.publicUrl === `http://${host}:${defaultPort}` ? "" : ` --url ${server.publicUrl}`;
  const step = (number: number, words: string, deed: string) => `  ${paint("bold", `${number}`)}  ${words}\n     ${paint("cyan", deed)}\n`;
  return [
    `\n  ${paint("bold", "Evergrant")} is running, and a sandbox to connect to beside it.\n`,
    `     server   ${server.publicUrl}\n     sandbox  ${sandbox.issuer}  ${paint("dim", "no passwords; forgets everything when it stops")}\n`,
    step(1, "Connect an account: open this link (it works for 24 hours).", authorizeUrl),
    step(
      2,
      "Read its access token, in another terminal, as often as you like: it lives a minute, and is refreshed before it ends.",
      readCommand(shown(configPath), where),
    ),
    step(3, "Remove the access at the provider, then read again: you get a link to authorize anew.", `${sandbox.issuer}/`),
    `  ${paint("dim", `What is declared: ${shown(configPath)}`)}`,
    `  ${paint("dim", `Database and keys: ${shown(join(dirname(configPath), ".evergrant"))} (delete it to begin anew)`)}`,
    `  ${paint("dim", "Ctrl-C ends both.")}\n\n`,
  ].join("\n");
}

function readCommand(configPath: string, where: string): string {
  return `npm run evergrant -- token sandbox --subject ${subject} --config ${JSON.stringify(configPath).slice(1, -1)}${where}`;
}

function portOf(text: string | undefined, otherwise: number): number {
  if (text === undefined || text === "") return otherwise;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new CliError("usage", `${text} is no port`, { mend: "write a number from 0 to 65535" });
}

/** What went wrong and the mend, in the words of this command. */
function explain(error: unknown): string {
  if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
    return `${error.message}\n\n${usage}`;
  if (error instanceof SandboxError && error.code === "port_taken") return `${error.message}\n  → ${otherPorts}`;
  const { code, message, mend, faults } = toCliError(error);
  const lines = faults.map((fault) => `${fault.path}: ${fault.message}\n  → ${fault.mend}`);
  return [...lines, `${message}\n  → ${code === "port_taken" ? otherPorts : mend}`].join("\n");
}

function outputTo(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  return { isTerminal: isatty(stream.fd), write: (text) => void stream.write(text) };
}
