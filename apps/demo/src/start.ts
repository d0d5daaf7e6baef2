/**
 * What `npm start` runs: the demo in this one process, and what a person can do next.
 */
import { dirname, join, relative, resolve } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SandboxError } from "@evergrant/sandbox";
import { CliError, type Environment, type Output, createLog, paintFor, stopRequestOf, toCliError } from "evergrant";
import { demoEnvironment } from "./demo-environment.ts";
import { type Demo, startDemo, tokenLifetimeSeconds } from "./start-demo.ts";
import { firstUser } from "./users.ts";

const usage = `Usage: npm start -- [options]

  --app-port <number>      where the app listens; default 4002; 0 takes a free one
  --port <number>          where the server listens; default 4000, or EVERGRANT_PORT
  --sandbox-port <number>  where the sandbox listens; default 4001, or SANDBOX_PORT
  --config <file>          another config than apps/demo/evergrant.config.ts`;

const defaultPorts = { app: 4002, server: 4000, sandbox: 4001 };
const otherPorts = "choose others: npm start -- --port 4100 --sandbox-port 4101 --app-port 4102";
const repository = fileURLToPath(new URL("../../..", import.meta.url));
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const stdout = outputTo(process.stdout);

try {
  await main();
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { "app-port": text, port: text, "sandbox-port": text, config: text, help: { type: "boolean" } },
  });
  if (values.help === true) return stdout.write(`${usage}\n`);
  const { environment, faults } = demoEnvironment(process.env);
  const [fault] = faults;
  if (fault !== undefined) throw new CliError("environment_invalid", `${fault.path} ${fault.message}`, { mend: fault.mend });
  const configPath = resolve(values.config ?? here("../evergrant.config.ts"));
  const demo = await startDemo({
    ports: {
      app: portOf(values["app-port"], defaultPorts.app),
      server: portOf(values.port, environment.port ?? defaultPorts.server),
      sandbox: portOf(values["sandbox-port"] ?? process.env["SANDBOX_PORT"], defaultPorts.sandbox),
    },
    configPath,
    pageFolder: here("../dist/page"),
    environment,
    log: createLog(outputTo(process.stderr), environment),
  });
  const stopRequested = stopRequestOf(process, { withParent: false });
  stdout.write(welcome({ demo, environment, configPath }));
  await stopRequested;
  await demo.close();
  stdout.write("\nStopped.\n");
}

function welcome({ demo, environment, configPath }: { demo: Demo; environment: Environment; configPath: string }): string {
  const { appUrl, server, sandbox } = demo;
  const paint = paintFor(stdout, environment);
  const shown = (path: string) => (path.startsWith(repository) ? relative(repository, path) : path);
  const url = server.publicUrl === `http://127.0.0.1:${defaultPorts.server}` ? "" : ` --url ${server.publicUrl}`;
  const config = JSON.stringify(shown(configPath)).slice(1, -1);
  const next = (words: string, deed: string) => `  ${words}\n     ${paint("cyan", deed)}\n`;
  return [
    `\n  ${paint("bold", "Evergrant")} is running. Open ${paint("cyan", appUrl)}\n`,
    `     app      ${appUrl}  ${paint("dim", `connects an account, and keeps it connected`)}`,
    `     server   ${server.publicUrl}`,
    `     sandbox  ${sandbox.issuer}  ${paint("dim", "the provider: no passwords; forgets everything when it stops")}\n`,
    next(
      `Connected there? Read the access token in another terminal, as often as you like: it lives ${tokenLifetimeSeconds} s, and is refreshed before it ends.`,
      `npm run evergrant -- token sandbox --subject ${firstUser.id} --config ${config}${url}`,
    ),
    next("What has happened to whom, or what else there is:", "npm run evergrant -- --help"),
    `  ${paint("dim", `What is declared: ${shown(configPath)}`)}`,
    `  ${paint("dim", `Database and keys: ${shown(join(dirname(configPath), ".evergrant"))} (delete it to begin anew)`)}`,
    `  ${paint("dim", "Ctrl-C ends it all.")}\n\n`,
  ].join("\n");
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
