/**
 * How the process ends when nobody caught what was thrown: one line that says where, without what was said, and a status that a supervisor
 * notices.
 */
import { describeError, describeStack } from "@evergrant/schema";
import { createLog } from "./log.ts";
import type { Output } from "./surroundings.ts";

/** Neither a command's own failure nor a signal: sysexits.h calls it EX_SOFTWARE. */
const crashStatus = 70;

/**
 * Takes the place of Node's own last words, which print the message and every field of what was thrown.
 *
 * The process ends at once: after an error that nobody foresaw its state is unknown, and leases let another one go on.
 */
export function endOnCrash(
  process: Pick<NodeJS.Process, "on" | "exit">,
  { stderr, debug, noColor }: { stderr: Output; debug: boolean; noColor: boolean },
): void {
  const end = (thrown: unknown): void => {
    // Described here, since a text that was thrown may be anything.
    createLog(stderr, { noColor }).error({ error: describeError(thrown) }, "the process ends: an error that nobody foresaw");
    if (debug) stderr.write(`${describeStack(thrown)}\n`);
    process.exit(crashStatus);
  };
  process.on("uncaughtException", end);
  // Without a handler of its own Node makes an exception of a rejection, with a message that quotes it.
  process.on("unhandledRejection", end);
}
