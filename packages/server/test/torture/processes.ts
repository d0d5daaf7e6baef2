/**
 * The tortured processes as their tormentor has them: started ahead of time, used again while they live, killed and stopped by signal.
 */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command, Deed, Entry, Message, Reading } from "./messages.ts";

export interface TorturedProcess {
  /** Does a deed there. @throws where the process cannot, or dies before it has. */
  perform(deed: Deed): Promise<readonly Reading[]>;
  /** What it has done since it was handed out. */
  readonly journal: readonly Entry[];
  /** When it could do nothing: from, and to; a dead one has no end. In milliseconds of real time. */
  readonly absences: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Resolves when it stands at its gate. */
  readonly atGate: Promise<void>;
  isAlive(): boolean;
  kill(): Promise<void>;
  stop(): void;
  resume(): void;
  /** Limits how large a file it may write (RLIMIT_FSIZE): at 0 every write to the database fails in the kernel, as on a full disk. */
  limitFiles(to: 0 | "unlimited"): void;
}

export interface ProcessPool extends AsyncDisposable {
  take(): Promise<TorturedProcess>;
  /** Takes back a process that has closed all it had open; a dead one is forgotten. */
  giveBack(process: TorturedProcess): void;
}

/** Processes for one torture after another; `spare` of them are started before they are asked for. */
export function startPool(spare: number): ProcessPool {
  const started = new Map<TorturedProcess, ChildProcess>();
  const idle: Promise<ChildProcess>[] = [];
  const refill = (): void => {
    while (idle.length < spare) idle.push(startChild());
  };
  refill();
  return {
    async take() {
      const child = await (idle.shift() ?? startChild());
      refill();
      const taken = torturedProcess(child);
      started.set(taken, child);
      return taken;
    },
    giveBack(process) {
      const child = started.get(process);
      started.delete(process);
      if (child === undefined || !process.isAlive()) return;
      child.removeAllListeners();
      idle.unshift(Promise.resolve(child));
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of [...started.values(), ...(await Promise.all(idle))]) child.kill("SIGKILL");
    },
  };
}

async function startChild(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("tortured-process.ts", import.meta.url)), {
    execArgv: ["--conditions=evergrant-source", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await once(child, "message");
  return child;
}

function torturedProcess(child: ChildProcess): TorturedProcess {
  const journal: Entry[] = [];
  const absences: { fromMs: number; toMs: number }[] = [];
  const pending = new Map<number, { resolve: (readings: readonly Reading[]) => void; reject: (error: Error) => void }>();
  let commands = 0;
  let reachGate: () => void = () => {};
  const atGate = new Promise<void>((resolve) => {
    reachGate = resolve;
  });
  const isAlive = () => child.exitCode === null && child.signalCode === null;

  child.on("message", (received) => {
    const message = received as Message;
    if (message.kind === "at gate") reachGate();
    else if (message.kind === "entry") journal.push(message.entry);
    else if (message.kind === "done") pending.get(message.id)?.resolve(message.readings);
    else if (message.kind === "failed") pending.get(message.id)?.reject(new Error(message.error));
  });
  child.once("exit", () => {
    for (const { reject } of pending.values()) reject(new Error("the process is gone"));
  });

  return {
    journal,
    absences,
    atGate,
    isAlive,
    perform(deed) {
      const command: Command = { ...deed, id: (commands += 1) };
      if (!isAlive()) return Promise.reject(new Error("the process is gone"));
      return new Promise<readonly Reading[]>((resolve, reject) => {
        pending.set(command.id, { resolve, reject });
        child.send(command);
      }).finally(() => pending.delete(command.id));
    },
    async kill() {
      absences.push({ fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY });
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
    stop() {
      absences.push({ fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY });
      child.kill("SIGSTOP");
    },
    resume() {
      const last = absences.at(-1);
      if (last !== undefined) last.toMs = Date.now();
      child.kill("SIGCONT");
    },
    limitFiles(to) {
      execFileSync("prlimit", ["--pid", String(child.pid), `--fsize=${to}:unlimited`]);
    },
  };
}
