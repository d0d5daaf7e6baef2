/**
 * `evergrant token`: a working access token on stdout and nothing else there, or why there is none.
 */
import { type TokenAnswer, type TokensGetInput, connectionIdShape, scopesShape, subjectShape, tokensGetInput } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { commaList } from "./comma-list.ts";
import type { Answer } from "./answer.ts";
import { askServer, urlOption, urlShape } from "./ask-server.ts";
import { CliError, exitCodes } from "./cli-error.ts";

/** The command. */
export function tokenCommand(cli: Cli): Command {
  return new Command("token")
    .description("Print a connection's access token, refreshed if need be")
    .argument("<connection>", "a connection's id, or an integration's together with --subject")
    .option("--subject <subject>", "whose connection at the integration")
    .option("--account <id>", "which one, where the subject has several accounts there")
    .option("--scopes <list>", "scopes that must be granted")
    .option("--min-validity <seconds>", "how long the token must live at least", Number)
    .option(...urlOption)
    .addHelpText(
      "after",
      examples(
        ["evergrant token github --subject alice", "the token; what is to be said of it goes to stderr"],
        ["evergrant token con_0123456789abcdef --json", "the whole answer"],
        ['curl -H "Authorization: Bearer $(evergrant token github --subject alice)" https://api.github.com/user', "used at once"],
      ) + "\n\nExit code 4: somebody has to authorize first, at the link on stderr. 5: not now; ask again later.",
    )
    .action(
      action(cli, {
        shape: z.object({
          connection: z.string().min(1),
          subject: subjectShape.optional(),
          account: z.string().min(1).optional(),
          scopes: commaList.pipe(scopesShape).optional(),
          minValidity: z.number("must be a number of seconds").int().min(0).max(86_400).optional(),
          url: urlShape,
        }),
        run: async (input, surroundings) => {
          const request = requestOf(input);
          return told(await askServer({ url: input.url, config: input.config }, surroundings, (client) => client.tokens.get(request)));
        },
      }),
    );
}

interface Typed {
  readonly connection: string;
  readonly subject?: string | undefined;
  readonly account?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly minValidity?: number | undefined;
}

function requestOf({ connection, subject, account, scopes, minValidity }: Typed): TokensGetInput {
  const isId = connectionIdShape.safeParse(connection).success;
  if (!isId && subject === undefined) {
    throw new CliError("usage", `${connection} is no connection's id, and --subject is missing`, {
      mend: `name a connection (con_…), or whose: evergrant token ${connection} --subject <subject>`,
    });
  }
  return tokensGetInput.parse({
    ...(isId ? { connectionId: connection } : { integration: connection, subject, accountId: account }),
    requireScopes: scopes,
    minValiditySeconds: minValidity,
  });
}

/** What each answer means to a script and to a person. */
function told(answer: TokenAnswer): Answer {
  switch (answer.status) {
    case "active": {
      const life = answer.expiresInSeconds === null ? "no known expiry" : `expires in ${answer.expiresInSeconds} s`;
      const stale = answer.stale ? ", and its refresh has just failed" : "";
      return {
        json: answer,
        output: answer.accessToken,
        notes: `${answer.connectionId}: ${life}${stale}; scopes ${answer.scopes.join(", ") || "unknown"}; token set ${answer.generation}`,
      };
    }
    case "reauthorization_required":
      return needed(answer, `${answer.connectionId} has to be authorized again (${answer.reason})`);
    case "missing_scopes":
      return needed(answer, `${answer.connectionId} lacks ${answer.missingScopes.join(", ")}`);
    case "not_connected":
      return needed(answer, `${answer.subject} has no connection at ${answer.integration}`);
    case "unavailable":
      return {
        json: answer,
        notes: `${answer.connectionId} has no token for now (${answer.reason})\n  → try again after ${answer.retryAt}`,
        exitCode: exitCodes.unavailable,
      };
  }
}

function needed(answer: Extract<TokenAnswer, { authorizeUrl: string }>, what: string): Answer {
  return { json: answer, notes: `${what}\n  → open ${answer.authorizeUrl}`, exitCode: exitCodes.authorizationNeeded };
}
