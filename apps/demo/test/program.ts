/**
 * Runs a program of this repository from its sources, as a process that the test can talk to and that does not outlive it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Program extends AsyncDisposable {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with what `pattern` matches in stdout, and rejects when the program ends without it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, null where a signal ended it. */
  ended(): Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `node file …args`; of our own environment it gets what finding programs needs. */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Program {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...options.env };
  const child = spawn(process.execPath, ["--conditions=evergrant-source", file, ...args], {
    env,
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout = collect(child, "stdout");
  const stderr = collect(child, "stderr");
  const closed = once(child, "close");
  return {
    stdout,
    stderr,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(stdout());
          if (found !== null) resolve(found);
        };
        child.stdout.on("data", look);
        void closed.then(() => reject(new Error(`It ended without printing ${pattern}:\n${stdout()}${stderr()}`)));
        look();
      }),
    ended: async () => {
      await closed;
      return child.exitCode;
    },
    kill: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

function collect(child: ChildProcess, stream: "stdout" | "stderr"): () => string {
  let text = "";
  child[stream]?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}
