#!/usr/bin/env node
/**
 * The process: what it is handed by the operating system, and how it ends.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { isatty } from "node:tty";
import { z } from "zod";
import { endOnCrash } from "./crash.ts";
import { readEnvironment } from "./env.ts";
import { runProgram } from "./program.ts";
import { stopRequestOf } from "./stop-request.ts";
import type { Output, Surroundings } from "./surroundings.ts";
import { workerProcesses } from "./worker-processes.ts";

/** Ends a process that some forgotten handle keeps, after its work is done. */
const lingerMs = 1_000;

const { environment, faults } = readEnvironment();

const surroundings: Surroundings = {
  environment,
  environmentFaults: faults,
  workingFolder: process.cwd(),
  stdin: process.stdin,
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
  now: () => new Date(),
  fetch,
  node: {
    version: process.versions.node,
    stripsTypes: Boolean(process.features.typescript),
    executable: process.execPath,
    platform: process.platform,
  },
  stopRequested: (how) => stopRequestOf(process, how),
  workers: workerProcesses(process, process.argv.slice(2)),
};

endOnCrash(process, { stderr: surroundings.stderr, ...environment });
process.exitCode = await runProgram(process.argv.slice(2), surroundings, await ownVersion());
process.stdin.destroy();
setTimeout(() => process.exit(), lingerMs).unref();

function outputTo(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  // Whoever read along has gone (`evergrant … | head`): nobody is left to tell.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  return { isTerminal: isatty(stream.fd), write: (text) => void stream.write(text) };
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
