/**
 * Workers: processes of this program that share one listening port (node:cluster), and what a worker and its parent say to each other.
 */
import cluster from "node:cluster";

/** What a worker tells when it answers requests. */
export interface WorkerReady {
  readonly publicUrl: string;
  readonly listensAt: string;
  readonly integrations: readonly string[];
}

/** A worker, as its parent sees it. */
export interface WorkerProcess {
  /** What it told when it was ready; null if it ended before. */
  readonly ready: Promise<WorkerReady | null>;
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Asks it to stop as SIGTERM would: it finishes what is under way. */
  stop(): void;
  kill(): void;
}

/** The parent, as a worker sees it. */
export interface WorkerParent {
  /** Counts from 1; a worker that takes the place of another has its number. */
  readonly number: number;
  tellReady(ready: WorkerReady): void;
  /** Resolves when the parent asks to stop. Where the parent is gone, the process ends by itself. */
  readonly stopRequested: Promise<void>;
}

/** Processes that share a port. */
export interface WorkerProcesses {
  /** Null unless this process is a worker. */
  readonly parent: WorkerParent | null;
  /** Starts this same command line as a worker. */
  start(number: number): WorkerProcess;
}

type Message = { readonly tell: "ready"; readonly ready: WorkerReady } | { readonly tell: "stop" };

/** Tells a worker which one it is; no option that anybody types. */
const numberOption = "--worker";

/** Workers of this process, whose own command line is `argv`. */
export function workerProcesses(own: Pick<NodeJS.Process, "send" | "on">, argv: readonly string[]): WorkerProcesses {
  return { parent: cluster.isWorker ? parentOf(own, argv) : null, start: (number) => startWorker(argv, number) };
}

function startWorker(argv: readonly string[], number: number): WorkerProcess {
  // Each worker takes connections from the one listening socket. Handed out by the parent, as is Node's way otherwise, a connection that is
  // on its way to a worker which dies is neither answered nor closed.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ args: [...argv, numberOption, String(number)] });
  const worker = cluster.fork();
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    worker.once("exit", (code: number | null, signal: string | null) => resolve({ code, signal }));
  });
  const ready = new Promise<WorkerReady | null>((resolve) => {
    worker.on("message", (message: Message) => {
      if (message.tell === "ready") resolve(message.ready);
    });
    worker.once("exit", () => resolve(null));
  });
  return {
    ready,
    ended,
    // One that is gone already needs no asking.
    stop: () => void (worker.isConnected() && worker.send({ tell: "stop" } satisfies Message)),
    kill: () => void worker.process.kill("SIGKILL"),
  };
}

function parentOf(own: Pick<NodeJS.Process, "send" | "on">, argv: readonly string[]): WorkerParent {
  return {
    number: Number(argv[argv.indexOf(numberOption) + 1]),
    tellReady: (ready) => void own.send?.({ tell: "ready", ready } satisfies Message),
    stopRequested: new Promise((resolve) => {
      own.on("message", (message: Message) => {
        if (message.tell === "stop") resolve();
      });
    }),
  };
}
