/**
 * From a command line to a deed: checks what was typed against a shape, then runs the deed and tells its answer.
 */
import type { Command } from "commander";
import { z } from "zod";
import { type Answer, tell } from "./answer.ts";
import { CliError, type ExitCode, exitCodes } from "./cli-error.ts";
import type { Surroundings } from "./surroundings.ts";

/** What `program.ts` hands to the file of each command. */
export interface Cli {
  readonly surroundings: Surroundings;
  /** Ends the command with this exit code. */
  readonly finish: (exitCode: ExitCode) => void;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly config: string | undefined;
  readonly json: boolean;
}

interface Action<Shape extends z.ZodObject> {
  /** Options and arguments by their names in camel case. */
  readonly shape: Shape;
  /** Whether the command goes on where variables of the environment are at fault. */
  readonly ignoreEnvironmentFaults?: boolean;
  /** Null, or an exit code alone: it has told its answer by itself. */
  readonly run: (input: z.output<Shape> & CommonOptions, surroundings: Surroundings) => Promise<Answer | { exitCode: ExitCode } | null>;
}

const commonShape = z.object({ config: z.string().optional(), json: z.boolean().default(false) });

/**
 * The action of a command.
 *
 * @throws {CliError} `usage`, `environment_invalid`, and whatever the deed throws; when it is called.
 */
export function action<Shape extends z.ZodObject>(cli: Cli, { shape, ignoreEnvironmentFaults = false, run }: Action<Shape>) {
  return async function runCommand(this: Command): Promise<void> {
    const { surroundings } = cli;
    const typed: Record<string, unknown> = {
      ...this.optsWithGlobals(),
      ...Object.fromEntries(this.registeredArguments.map((argument, index) => [argument.name(), this.processedArgs[index]])),
    };
    const parsed = shape.safeParse(typed);
    if (!parsed.success) throw usageError(parsed.error, this);
    if (!ignoreEnvironmentFaults && surroundings.environmentFaults.length > 0) throw environmentError(surroundings);
    const common = commonShape.parse(typed);
    const input = { ...parsed.data, config: common.config ?? surroundings.environment.configPath, json: common.json };
    const answer = await run(input, surroundings);
    if (answer === null) cli.finish(exitCodes.ok);
    else cli.finish("json" in answer ? tell(answer, surroundings, input) : answer.exitCode);
  };
}

/** Examples under a command's help. */
export function examples(...lines: readonly (readonly [command: string, what: string])[]): string {
  return `\nExamples:\n${lines.map(([command, what]) => `  $ ${command}\n      ${what}`).join("\n")}`;
}

/** A command as it is typed, such as `evergrant api-keys create`. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function usageError(error: z.ZodError, command: Command): CliError {
  const faults = error.issues.map(({ path, message }) => {
    const name = String(path[0] ?? "");
    const isArgument = command.registeredArguments.some((argument) => argument.name() === name);
    const flag = command.options.find((option) => option.attributeName() === name)?.long ?? `--${name}`;
    return `${isArgument ? `<${name}>` : flag}: ${message}`;
  });
  return new CliError("usage", faults.join("; "), { mend: `\`${fullName(command)} --help\` shows examples` });
}

function environmentError({ environmentFaults }: Surroundings): CliError {
  return new CliError("environment_invalid", "the environment cannot be used as it is", {
    mend: "correct the variables that are named above, or unset them",
    faults: environmentFaults,
  });
}
