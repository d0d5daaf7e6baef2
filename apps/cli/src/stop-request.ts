/**
 * When a process that serves is asked to stop: signals, and the end of whoever started it.
 */

/** Through npm Ctrl-C arrives twice, from the terminal and from npm: a second one inside this span is the same wish. */
const sameSignalMs = 1_000;
/** 128 + SIGINT, as shells count. */
const interruptedCode = 130;

/** What of a process this needs. */
interface Stoppable {
  on(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  exit(code: number): void;
  readonly stdin: { once(event: "end" | "error", listener: () => void): unknown; resume(): unknown };
}

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP; a later one ends the process at once.
 *
 * Call it before saying that the process is ready: until then signals end it as they always do.
 *
 * @param options `withParent`: also resolves when standard input ends: a parent that dies without a word leaves its end of the pipe closed.
 */
export function stopRequestOf(process: Stoppable, { withParent }: { withParent: boolean }): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | null = null;
    const ask = () => {
      const now = performance.now();
      if (askedAt !== null && now - askedAt > sameSignalMs) process.exit(interruptedCode);
      askedAt ??= now;
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
    if (!withParent) return;
    for (const event of ["end", "error"] as const) process.stdin.once(event, () => resolve());
    process.stdin.resume();
  });
}
