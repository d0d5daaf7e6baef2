/**
 * Processes of a benchmark: started on a core of their own, asked over IPC, gone when the benchmark ends.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** A process that answers questions, one at a time or several. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Sends a question and resolves with the answer; what the process threw is thrown here. */
  ask<Answer>(question: unknown): Promise<Answer>;
  /** Processor time that it has had, in seconds; NaN where /proc does not tell. */
  cpuSeconds(): number;
}

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Workspace packages run from their sources, so that no benchmark measures an old build. */
const sourceArguments = ["--conditions=evergrant-source", "--disable-warning=ExperimentalWarning"] as const;

/** Whether processes can be kept to one core; elsewhere the system places them, and the page says so. */
export const canPin = spawnSync("taskset", ["--version"]).status === 0 && availableParallelism() > 1;

/**
 * Starts a module of this package as a process.
 *
 * @param module Its URL, in which `answerQuestions` is called.
 * @param core Where it runs: servers on 0, load on 1; null: anywhere.
 */
export async function startChild(module: URL, core: 0 | 1 | null, nodeArguments: readonly string[] = []): Promise<Child> {
  const node = [process.execPath, ...sourceArguments, ...nodeArguments, fileURLToPath(module)];
  const [command = "", ...rest] = canPin && core !== null ? ["taskset", "-c", String(core), ...node] : node;
  const child: ChildProcess = spawn(command, rest, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  let asked = 0;
  child.on("message", (message) => {
    const { id, answer, error } = message as Reply;
    const asker = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asker?.resolve(answer);
    else asker?.reject(new Error(error));
  });
  const gone = once(child, "exit");
  child.on("exit", (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module.pathname} ended (${signal ?? code})`));
    waiting.clear();
  });
  return {
    pid: child.pid ?? 0,
    ask: <Answer>(question: unknown) =>
      new Promise<Answer>((resolve, reject) => {
        asked += 1;
        // The types of questions and answers are agreed between the two files.
        waiting.set(asked, { resolve: (answer) => resolve(answer as Answer), reject });
        child.send({ id: asked, question });
      }),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** proc_pid_stat(5): user and system time stand at 14 and 15, in hundredths of a second on Linux. */
function cpuSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** In the process: answers each question with what `answer` resolves to, and ends with whoever started it. */
export function answerQuestions(answer: (question: never) => Promise<unknown>): void {
  process.on("message", (message) => {
    const { id, question } = message as { id: number; question: never };
    answer(question).then(
      (given) => process.send?.({ id, answer: given ?? null }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once("disconnect", () => process.exit());
}
