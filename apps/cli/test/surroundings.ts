/**
 * Surroundings for a command that runs inside the test: what it wrote can be read afterwards.
 */
import { Readable } from "node:stream";
import { readEnvironment } from "../src/env.ts";
import type { Output, Surroundings } from "../src/surroundings.ts";

/** An output that remembers. */
export function rememberingOutput(isTerminal = false): Output & { text: () => string } {
  let text = "";
  return {
    isTerminal,
    write: (more) => {
      text += more;
    },
    text: () => text,
  };
}

/** Surroundings with these variables and nothing else; the given parts go before. */
export function makeSurroundings(variables: Readonly<Record<string, string>> = {}, parts: Partial<Surroundings> = {}) {
  const { environment, faults } = readEnvironment(variables);
  const [stdout, stderr] = [rememberingOutput(), rememberingOutput()];
  const surroundings: Surroundings = {
    environment,
    environmentFaults: faults,
    workingFolder: "/nowhere",
    stdin: Readable.from([]),
    stdout,
    stderr,
    now: () => new Date("2026-11-23T12:00:00Z"),
    fetch: () => Promise.reject(new Error("this test asks nobody")),
    node: { version: process.versions.node, stripsTypes: true, executable: process.execPath, platform: "linux" },
    stopRequested: () => Promise.resolve(),
    workers: {
      parent: null,
      start: () => {
        throw new Error("this test starts no process");
      },
    },
    ...parts,
  };
  return { surroundings, stdout, stderr };
}
