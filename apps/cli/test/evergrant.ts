/**
 * The command as its users meet it: a process, run from its sources, in a folder and an environment of the test's own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
/** Spares every process after the first the reading of what has not changed. */
const compileCache = fileURLToPath(new URL("../node_modules/.cache/compile", import.meta.url));

type Variables = Readonly<Record<string, string>>;

/** A folder with a config, where commands run; it goes when the test does. */
export interface Folder extends Disposable {
  readonly path: string;
  /** Runs a command to its end. */
  run(args: readonly string[], env?: Variables): Promise<Ended>;
  /** Starts `serve` on a free port and waits until it is ready. */
  serve(args?: readonly string[], env?: Variables): Promise<Serving>;
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as one JSON document. */
  json(): unknown;
}

export interface Serving extends AsyncDisposable {
  readonly url: string;
  /** Its log, and whatever else it says. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Closes its standard input. */
  letGo(): void;
  ended(): Promise<Ended>;
}

/** Makes a folder with this config, as JSON unless it is text. */
export function makeFolder(config: unknown, name = "evergrant.config.json"): Folder {
  const path = mkdtempSync(join(tmpdir(), "evergrant-cli-"));
  if (config !== undefined) writeFileSync(join(path, name), typeof config === "string" ? config : JSON.stringify(config));
  return {
    path,
    run: async (args, env = {}) => {
      const child = startCommand(args, { cwd: path, env });
      child.stdin.end();
      return endOf(child);
    },
    serve: (args = [], env = {}) => serve(["serve", "--port", "0", "--with-parent", "--json", ...args], { cwd: path, env }),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The config of one integration at a sandbox on this port. */
export function sandboxConfig(port: string): object {
  const sandbox = {
    clientId: "evergrant-sandbox",
    clientSecret: "sandbox-secret-for-tests-only",
    parameters: { port },
    optionalScopes: ["notes:write"],
  };
  return { integrations: { oauth: { providers: { sandbox } } } };
}

/** Starts a command, `under` a shell's script that runs "$@" if one is given; whoever starts it ends it. */
export function startCommand(args: readonly string[], { cwd, env, under }: { cwd: string; env: Variables; under?: string }) {
  // Nothing of what this machine or vitest is set up for reaches the command.
  const own = { PATH: process.env["PATH"] ?? "", HOME: cwd, NODE_COMPILE_CACHE: compileCache };
  const command = [process.execPath, "--conditions=evergrant-source", main, ...args];
  const [program = "", ...rest] = under === undefined ? command : ["sh", "-c", under, "sh", ...command];
  return spawn(program, rest, {
    cwd,
    env: { ...own, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

function collect(child: ChildProcess): { stdout: () => string; stderr: () => string } {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  return { stdout: () => stdout, stderr: () => stderr };
}

/** How a command ends, and what it said until then. */
export async function endOf(child: ChildProcess, told = collect(child)): Promise<Ended> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  return { code: child.exitCode, stdout: told.stdout(), stderr: told.stderr(), json: () => JSON.parse(told.stdout()) };
}

async function serve(args: readonly string[], how: { cwd: string; env: Variables }): Promise<Serving> {
  const child = startCommand(args, how);
  const told = collect(child);
  const ended = endOf(child, told);
  await Promise.race([once(child.stdout, "data"), ended]);
  if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}: ${told.stdout()}${told.stderr()}`);
  const { listensAt } = z.object({ listensAt: z.string() }).parse(JSON.parse(told.stdout()));
  return {
    url: listensAt,
    stderr: told.stderr,
    kill: (signal) => void child.kill(signal),
    letGo: () => void child.stdin.end(),
    ended: () => ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
