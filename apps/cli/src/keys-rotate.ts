/**
 * `evergrant keys rotate`: a new data key, and every row sealed anew with it while servers go on.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";
import { startProgress } from "./progress.ts";
import { unreadableLines } from "./keys-verify.ts";

/** How often, and how long after, it looks again for what a server has sealed that had not heard of the new key. */
const mostRounds = 20;
const roundMs = 500;

/** The command. */
export function keysRotateCommand(cli: Cli): Command {
  return new Command("rotate")
    .description("Add a data key and seal every secret anew with it, beside running servers")
    .addOption(new Option("--another", "add another key even though not all rows are under the last rotation's yet").conflicts("resume"))
    .option("--resume", "add no key: seal anew what other keys than the newest have sealed")
    .addHelpText(
      "after",
      `${examples(
        ["evergrant keys rotate", "a new key; or go on where a rotation was stopped"],
        ["evergrant keys rotate --resume", "help one that runs elsewhere, or look once more for what servers have sealed meanwhile"],
        ["evergrant keys rotate --json", "progress as JSON lines on stderr, the result on stdout"],
      )}\n\nIt may be stopped at any time, and run in several places at once: the rows themselves say what is left.\nAfterwards \`evergrant keys retire <id>\` removes the old key.`,
    )
    .action(
      action(cli, {
        shape: z.object({ another: z.boolean().default(false), resume: z.boolean().default(false) }),
        run: async ({ config, another, resume }, surroundings) => {
          const [{ withVault }, { asOperator, beginRotation, readKeysStatus, resealRows, rowsNotUnder }] = await Promise.all([
            import("./with-vault.ts"),
            import("@evergrant/server"),
          ]);
          const { stderr, now } = surroundings;
          return withVault(config, surroundings, async (opened) => {
            const newKey = another ? "always" : resume ? "never" : "unless_rotating";
            const { dataKeyId, added } = await asOperator("keys rotate", () => beginRotation(opened, { newKey }));
            const remaining = async () => rowsNotUnder(dataKeyId, (await readKeysStatus(opened)).columns);
            const progress = startProgress(stderr, { what: "rows", total: await remaining(), now });
            const reseal = () => resealRows(opened, { dataKeyId, onPage: (resealed) => progress.add(resealed) });
            let count = await reseal();
            let remainingRows = await remaining();
            // A server that is very busy may hear late of the new key, and seal with the old one until then.
            for (let round = 0; round < mostRounds && remainingRows > count.unreadable.length; round += 1) {
              await pause(roundMs);
              const more = await reseal();
              count = { ...more, resealed: count.resealed + more.resealed, overtaken: count.overtaken + more.overtaken };
              remainingRows = await remaining();
            }
            progress.end();
            await opened.vault.maintain(); // which reports the seals
            const what = added ? `Added data key ${dataKeyId}` : `Went on with data key ${dataKeyId}`;
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
