/**
 * `evergrant refresh-due`: one round of refreshing, for those who run it from a scheduler instead of a server that stays up.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";

const deadlineMs = 60_000;

/** The command. */
export function refreshDueCommand(cli: Cli): Command {
  return new Command("refresh-due")
    .description("Refresh what is due, revoke what nobody confirmed, seal the audit log and forget what is old, once")
    .option("--limit <count>", "how many connections at most", Number, 200)
    .addHelpText(
      "after",
      examples(
        ["evergrant refresh-due", "up to 200 connections, soonest first"],
        ["evergrant refresh-due --limit 1000 --json", "for a scheduler"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({ limit: z.number("must be a number").int().min(1).max(10_000) }),
        run: async ({ limit, config }, surroundings) => {
          const { withApp } = await import("./with-app.ts");
          return withApp(config, surroundings, async (app) => {
            const { due } = await app.refreshDue({ limit, deadlineMs });
            await app.keepRecords({ deadlineMs });
            const drained = await app.close();
            const notes = drained ? "" : "\nSome refreshes did not end in time; whoever looks next takes them over.";
            return { json: { due, drained }, output: `${due === 0 ? "Nothing was" : `${due} ${due === 1 ? "was" : "were"}`} due.${notes}` };
          });
        },
      }),
    );
}
