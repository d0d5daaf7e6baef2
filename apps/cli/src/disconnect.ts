/**
 * `evergrant disconnect`: ends a connection here and at the provider.
 */
import { type RevocationOutcome, connectionIdShape } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { askServer, urlOption, urlShape } from "./ask-server.ts";

const outcomes: Readonly<Record<RevocationOutcome, string>> = {
  revoked: "its tokens are revoked at the provider",
  unsupported: "the provider offers no revocation: its tokens end when they expire",
  unreachable: "the provider did not answer: its tokens end when they expire, or where the account's owner removes the app",
  nothing_held: "it held no token",
};

/** The command. */
export function disconnectCommand(cli: Cli): Command {
  return new Command("disconnect")
    .description("End a connection: revoke its tokens at the provider and forget them")
    .argument("<connection>", "the connection's id")
    .option(...urlOption)
    .addHelpText("after", examples(["evergrant disconnect con_0123456789abcdef", "says what became of the tokens"]))
    .action(
      action(cli, {
        shape: z.object({ connection: connectionIdShape, url: urlShape }),
        run: async (input, surroundings) => {
          const done = await askServer({ url: input.url, config: input.config }, surroundings, (client) =>
            client.connections.disconnect({ connectionId: input.connection }),
          );
          return { json: done, output: `${done.connectionId} is disconnected: ${outcomes[done.revocation]}` };
        },
      }),
    );
}
