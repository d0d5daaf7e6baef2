/**
 * `evergrant keys rotate`: a new data key, and every row sealed anew with it while servers go on.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";
import { startProgress } from "./progress.ts";
import { unreadableLines } from "./keys-verify.ts";

/** The command. */
export function keysRotateCommand(cli: Cli): Command {
  return new Command("rotate")
    .description("Add a data key and seal every secret anew with it, beside running servers")
    .option("--another", "add another key even though not all rows are under the last rotation's yet")
    .addHelpText(
      "after",
      `${examples(
        ["evergrant keys rotate", "a new key; or go on where a rotation was stopped"],
        ["evergrant keys rotate --json", "progress as JSON lines on stderr, the result on stdout"],
      )}\n\nIt may be stopped at any time, and run in several places at once: the rows themselves say what is left.\nAfterwards \`evergrant keys retire <id>\` removes the old key.`,
    )
    .action(
      action(cli, {
        shape: z.object({ another: z.boolean().default(false) }),
        run: async ({ config, another }, surroundings) => {
          const [{ withVault }, { beginRotation, readKeysStatus, resealRows }] = await Promise.all([
            import("./with-vault.ts"),
            import("@evergrant/server"),
          ]);
          const { stderr, now } = surroundings;
          return withVault(config, surroundings, async (opened) => {
            const { dataKeyId, added } = await beginRotation(opened, { another });
            const progress = startProgress(stderr, { what: "rows", total: (await readKeysStatus(opened)).remainingRows, now });
            const count = await resealRows(opened, { dataKeyId, onPage: (resealed) => progress.add(resealed) });
            progress.end();
            await opened.vault.maintain(); // which reports the seals
            const { remainingRows } = await readKeysStatus(opened);
            const what = added ? `Added data key ${dataKeyId}` : `Went on with the rotation to data key ${dataKeyId}`;
            const left = remainingRows === 0 ? "all rows are under it" : `${remainingRows} rows are not under it`;
            return {
              json: { dataKeyId, added, ...count, remainingRows },
              output: `${what}: ${count.resealed} rows sealed anew, ${left}.`,
              ...(count.unreadable.length > 0 && { notes: unreadableLines(count.unreadable).join("\n") }),
              exitCode: remainingRows === 0 ? exitCodes.ok : exitCodes.fault,
            };
          });
        },
      }),
    );
}
