/**
 * Starts an Evergrant in a process of its own on a test's database, and asks it for tokens.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TokenAnswer } from "@evergrant/schema";
import type { ProcessSettings, ReadCommand } from "./server-process.ts";
import { type Started, sandboxIntegration, testKeys } from "./start.ts";

export interface ServerProcess extends AsyncDisposable {
  read(connectionId: string, callers?: number): Promise<TokenAnswer[]>;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}

/** A lease short enough for a test to outlive, and callers patient enough to wait for it. */
const timing = { leaseMs: 700, leaseRenewalMs: 200, patienceMs: 8_000, pollFromMs: 20, pollToMs: 100 };

export async function startServerProcess(
  evergrant: Started,
  options: { clockAheadMs: number; integration?: Record<string, unknown> },
): Promise<ServerProcess> {
  const settings: ProcessSettings = {
    databaseUrl: evergrant.folder.databaseUrl(),
    keys: testKeys,
    config: {
      publicUrl: evergrant.publicUrl,
      integrations: { oauth: { providers: { sandbox: { ...sandboxIntegration(evergrant.sandbox), ...options.integration } } } },
    },
    timing,
    clockAheadMs: options.clockAheadMs,
  };
  const child: ChildProcess = fork(fileURLToPath(new URL("server-process.ts", import.meta.url)), {
    execArgv: ["--conditions=evergrant-source", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.send(settings);
  await once(child, "message");
  let commands = 0;
  return {
    read(connectionId, callers = 1) {
      const command: ReadCommand = { id: (commands += 1), connectionId, callers };
      return new Promise((resolve, reject) => {
        const gone = () => reject(new Error("the process is gone"));
        const listen = (message: unknown) => {
          const { id, answers, error } = message as { id: number; answers?: TokenAnswer[]; error?: string };
          if (id !== command.id) return;
          child.off("message", listen).off("exit", gone);
          if (answers === undefined) reject(new Error(error));
          else resolve(answers);
        };
        child.on("message", listen);
        child.once("exit", gone);
        child.send(command);
      });
    },
    signal: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
