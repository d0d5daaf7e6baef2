/**
 * `evergrant forget`: ends all grants of a subject, and erases what is known of them.
 */
import { subjectsForgetInput } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { askServer, urlOption, urlShape } from "./ask-server.ts";

/** The command. */
export function forgetCommand(cli: Cli): Command {
  return new Command("forget")
    .description("Forget a subject: revoke all of their grants and erase every row about them; audit entries keep a keyed hash")
    .argument("<subject>", "the subject, as your app names them")
    .option(...urlOption)
    .addHelpText("after", examples(["evergrant forget user-4711", "when an account of your app is closed; it cannot be undone"]))
    .action(
      action(cli, {
        shape: z.object({ subject: subjectsForgetInput.shape.subject, url: urlShape }),
        run: async (input, surroundings) => {
          const done = await askServer({ url: input.url, config: input.config }, surroundings, (client) =>
            client.subjects.forget({ subject: input.subject }),
          );
          const waiting =
            done.pendingRevocations === 0 ? "" : `; ${done.pendingRevocations} to be revoked when their provider answers, within a day`;
          return { json: done, output: `forgotten, with ${done.connections} connection${done.connections === 1 ? "" : "s"}${waiting}` };
        },
      }),
    );
}
