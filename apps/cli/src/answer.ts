/**
 * What a command answers, and how it is told: words for a person or one JSON document for a program.
 */
import { describeStack } from "@evergrant/schema";
import { type CliError, type ExitCode, type Fault, exitCodes } from "./cli-error.ts";
import type { Output, Surroundings } from "./surroundings.ts";
import { type Paint, paintFor } from "./terminal.ts";

export interface Answer {
  /** The whole of stdout under `--json`. */
  readonly json: unknown;
  /** To stdout: what a script may take, such as a token alone. */
  readonly output?: string;
  /** To stderr: what a person may want to know beside it. */
  readonly notes?: string;
  /** Left out: 0. */
  readonly exitCode?: ExitCode;
}

/** Tells an answer; the result is its exit code. */
export function tell(answer: Answer, { stdout, stderr }: Pick<Surroundings, "stdout" | "stderr">, { json }: { json: boolean }): ExitCode {
  if (json) writeJson(stdout, answer.json);
  else {
    if (answer.output !== undefined) stdout.write(`${answer.output}\n`);
    if (answer.notes !== undefined) stderr.write(`${answer.notes}\n`);
  }
  return answer.exitCode ?? exitCodes.ok;
}

/** Tells a failure: what, and the mend; the stack only under `EVERGRANT_DEBUG`, and never with what a cause says. */
export function tellError(
  error: CliError,
  surroundings: Pick<Surroundings, "stdout" | "stderr" | "environment">,
  { json }: { json: boolean },
): ExitCode {
  const { stdout, stderr, environment } = surroundings;
  const { code, message, mend, faults } = error;
  if (json) writeJson(stdout, { error: { code, message, mend, faults } });
  else {
    const paint = paintFor(stderr, environment);
    for (const fault of faults) stderr.write(`${faultLines(fault, paint)}\n`);
    stderr.write(`${paint("red", "evergrant:")} ${message}\n  ${paint("dim", "→")} ${mend}\n`);
  }
  if (environment.debug) stderr.write(`${describeStack(error)}\n`);
  return error.exitCode;
}

/** A document as one line for a program, and spread out for a person. */
function writeJson(stdout: Output, document: unknown): void {
  stdout.write(`${JSON.stringify(document, null, stdout.isTerminal ? 2 : 0)}\n`);
}

/** A fault as two lines: `path: message`, and the mend. */
export function faultLines({ path, message, mend }: Fault, paint: Paint): string {
  return `${path === "" ? "" : `${paint("bold", path)}: `}${message}\n  ${paint("dim", "→")} ${mend}`;
}
