/**
 * `evergrant doctor`: looks at everything a server needs, and says what to mend.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import { type Paint, paintFor } from "./terminal.ts";

/** The command. */
export function doctorCommand(cli: Cli): Command {
  return new Command("doctor")
    .description("Look at Node, variables, config, keys, database, address and server; changes nothing")
    .addHelpText(
      "after",
      examples(
        ["evergrant doctor", "each line ok, warn or fault, with its mend"],
        ["evergrant doctor --json", "for a monitor; exit code 1 on a fault"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({}),
        ignoreEnvironmentFaults: true,
        run: async ({ config }, surroundings) => {
          const findings = await diagnose(config, surroundings);
          const healthy = findings.every(({ level }) => level !== "fault");
          const paint = paintFor(surroundings.stdout, surroundings.environment);
          return {
            json: { ok: healthy, findings },
            output: findings.map((finding) => line(finding, paint)).join("\n"),
            exitCode: healthy ? exitCodes.ok : exitCodes.fault,
          };
        },
      }),
    );
}

const colours = { ok: "green", warn: "yellow", fault: "red" } as const;

function line({ check, level, message, mend }: Finding, paint: Paint): string {
  const head = `${paint(colours[level], level.padEnd(5))}  ${check.padEnd(9)}  ${message}`;
  return mend === null ? head : `${head}\n${" ".repeat(18)}${paint("dim", "→")} ${mend}`;
}
