/**
 * `evergrant connect`: the link with which a person connects an account.
 */
import { authorizeInput } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { commaList } from "./comma-list.ts";
import { askServer, urlOption, urlShape } from "./ask-server.ts";
import { openBrowser } from "./open-browser.ts";

const { integration, subject, scopes, connectionId, returnTo } = authorizeInput.shape;

/** The command. */
export function connectCommand(cli: Cli): Command {
  return new Command("connect")
    .description("Print a link that connects an account; it can be opened for 24 hours")
    .argument("<integration>", "an integration's id, as the config has it")
    .requiredOption("--subject <subject>", "whose connection it will be: the end user, as your app names them")
    .option("--scopes <list>", "what to ask for; left out, the integration's scopes")
    .option("--connection <id>", "renew this connection instead of making another")
    .option("--return-to <url>", "where the browser goes afterwards; left out, a small page of the server's")
    .option("--open", "open the link in this machine's browser")
    .option(...urlOption)
    .addHelpText(
      "after",
      examples(
        ["evergrant connect github --subject alice", "prints the link"],
        ["evergrant connect github --subject alice --scopes read:user,repo --open", "asks for more, and opens it"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({
          integration,
          subject,
          scopes: commaList.pipe(scopes.unwrap()).optional(),
          connection: connectionId,
          returnTo,
          open: z.boolean().default(false),
          url: urlShape,
        }),
        run: async (input, surroundings) => {
          const link = await askServer({ url: input.url, config: input.config }, surroundings, (client) =>
            client.connections.authorize({
              integration: input.integration,
              subject: input.subject,
              ...(input.scopes && { scopes: input.scopes }),
              ...(input.connection !== undefined && { connectionId: input.connection }),
              ...(input.returnTo !== undefined && { returnTo: input.returnTo }),
            }),
          );
          const opened = input.open && (await openBrowser(link.authorizeUrl, surroundings.node.platform));
          const hint = opened
            ? "Opened in the browser"
            : input.open
              ? "No browser could be opened: open the link yourself"
              : "Open it in a browser";
          const warning = "Whoever opens it connects their account for this subject: give it to nobody else.";
          return { json: link, output: link.authorizeUrl, notes: `${hint}; it works until ${link.expiresAt}.\n${warning}` };
        },
      }),
    );
}
