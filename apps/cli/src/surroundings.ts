/**
 * What a command is handed of the world around it: environment, terminal, clock, signals. `main.ts` makes the real ones.
 */
import type { Environment } from "./env.ts";
import type { Fault } from "./cli-error.ts";
import type { WorkerProcesses } from "./worker-processes.ts";

/** A stream to a person or a program. */
export interface Output {
  /** Whether a person reads along, who may be shown colours. */
  readonly isTerminal: boolean;
  write(text: string): void;
}

export interface Surroundings {
  readonly environment: Environment;
  /** What is wrong with the variables; those are as if they were not set. */
  readonly environmentFaults: readonly Fault[];
  /** Absolute. */
  readonly workingFolder: string;
  /** Standard input, for a command that is told to read it. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** The answer, and nothing else, so that `$(evergrant token …)` holds a token. */
  readonly stdout: Output;
  /** Everything that is said about the answer. */
  readonly stderr: Output;
  readonly now: () => Date;
  readonly fetch: typeof fetch;
  readonly node: {
    /** Such as 24.21.0. */
    readonly version: string;
    /** Whether `import()` takes a TypeScript file. */
    readonly stripsTypes: boolean;
    /** Its path. */
    readonly executable: string;
    readonly platform: NodeJS.Platform;
  };
  /**
   * Resolves when this process is asked to stop: SIGTERM, SIGINT, or, `withParent`, the end of standard input. Asked once more it ends at once.
   * Until this is called signals end the process as they always do.
   */
  readonly stopRequested: (how: { withParent: boolean }) => Promise<void>;
  /** Processes of this program that share a port; and this one's parent, if it is one of them. */
  readonly workers: WorkerProcesses;
}
