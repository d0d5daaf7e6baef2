/**
 * `evergrant keys retire`: a data key that nothing needs any more, removed for good.
 */
import { type KeysRetireResult, keysRetireInput } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";

/** The command. */
export function keysRetireCommand(cli: Cli): Command {
  return new Command("retire")
    .description("Remove a data key, unless something still needs it")
    .argument("<id>", "the data key, as `evergrant keys status` shows it")
    .option("--end-links", "do not wait for connect links that it may have sealed: they are dead from then on")
    .addHelpText(
      "after",
      examples(
        ["evergrant keys retire 0123456789abcdef", "a day after a rotation, when the last connect link is over"],
        ["evergrant keys retire 0123456789abcdef --end-links", "at once; links that are still out must be made anew"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({ id: keysRetireInput.shape.id, endLinks: z.boolean().default(false) }),
        run: async ({ config, id, endLinks }, surroundings) => {
          const [{ withVault }, { asOperator, retireDataKey }] = await Promise.all([
            import("./with-vault.ts"),
            import("@evergrant/server"),
          ]);
          const result = await asOperator("keys retire", () =>
            withVault(config, surroundings, (opened) => retireDataKey(opened, { id, endLinks })),
          );
          if (result.retired) return { json: result, output: `Retired data key ${id}: it is gone, and opens nothing any more.` };
          return { json: result, notes: `Not retired: ${reasonOf(result)}`, exitCode: exitCodes.fault };
        },
      }),
    );
}

function reasonOf({ refusal, rows, linksUntil }: KeysRetireResult): string {
  if (refusal === "unknown") return "there is no such data key.\n  → `evergrant keys status` shows them";
  if (refusal === "digest") return "it is behind the digests, such as fingerprints, and seals nothing.";
  if (refusal === "current") return "it seals new secrets.\n  → `evergrant keys rotate` first";
  if (refusal === "links") return `connect links that it sealed may be open until ${linksUntil}.\n  → wait, or end them with --end-links`;
  const where = rows.map(({ table, column, rows: count }) => `${table}.${column} (${count})`).join(", ");
  return `secrets are sealed with it: ${where}.\n  → \`evergrant keys rotate\` seals them anew; \`evergrant keys verify\` names those that do not open`;
}
