/**
 * `evergrant audit verify`: follows the chain of the audit log, and says where it breaks and what is not sealed yet.
 */
import type { AuditVerdict } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";

const headShape = z
  .string()
  .regex(/^\d{1,15}:[0-9a-f]{64}$/, "a head as `audit verify` prints it, count:chain")
  .transform((text) => ({ count: Number(text.split(":")[0]), chain: text.split(":")[1] ?? "" }));

/** The command. */
export function auditVerifyCommand(cli: Cli): Command {
  return new Command("verify")
    .description("Check that no entry of the audit log was altered, removed or inserted since it was sealed")
    .option("--through <head>", "a head of before, kept elsewhere: the chain must run through it")
    .addHelpText(
      "after",
      examples(
        ["evergrant audit verify", "exit code 1 where the chain is broken"],
        ["evergrant audit verify --through 1204:5f0c…", "shows too that the log was not cut off, or put back from a copy"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({ through: headShape.optional() }),
        run: async ({ config, through }, surroundings) => {
          const [{ withVault }, { verifyAudit }] = await Promise.all([import("./with-vault.ts"), import("@evergrant/server")]);
          const verdict = await withVault(config, surroundings, (opened) => verifyAudit(opened, through));
          return { json: verdict, output: inWords(verdict), exitCode: verdict.ok ? exitCodes.ok : exitCodes.fault };
        },
      }),
    );
}

function inWords({ verified, firstBreak, unsealed, head }: AuditVerdict): string {
  const where = firstBreak?.entryId == null ? "" : ` at entry ${firstBreak.entryId}`;
  return [
    firstBreak === null
      ? `The chain holds: ${verified} entries.`
      : `The chain breaks${where}, after ${verified} entries: ${firstBreak.message}.`,
    unsealed.count === 0 ? "Nothing waits to be sealed." : `${unsealed.count} entries are not sealed yet, since ${unsealed.since}.`,
    `head ${head.count}:${head.chain}`,
  ].join("\n");
}
