/**
 * `evergrant api-keys revoke`: ends a key, and the sessions that it made, for every server on the database.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";

// A key that turned up somewhere is told by its beginning.
const keyShape = z
  .string()
  .regex(/^(evergrant_)?[0-9a-f]{16}(_|$)/, "must be a key's id or how the key begins, as `evergrant api-keys list` shows it")
  .transform((text) => text.replace("evergrant_", "").slice(0, 16));

/** The command. */
export function apiKeysRevokeCommand(cli: Cli): Command {
  return new Command("revoke")
    .description("End an API key and the sessions that it made; servers refuse it from the next call on")
    .argument("<key>", "its id, as `evergrant api-keys list` shows it, or how it begins")
    .addHelpText(
      "after",
      examples(
        ["evergrant api-keys revoke 0123456789abcdef", "by its id"],
        ["evergrant api-keys revoke evergrant_0123456789abcdef", "by its beginning, as it stands in a log or a file"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({ key: keyShape }),
        run: async ({ config, key: id }, surroundings) => {
          const [{ withDatabase }, { asOperator, revokeApiKey }] = await Promise.all([
            import("./with-database.ts"),
            import("@evergrant/server"),
          ]);
          const revoked = await withDatabase(config, surroundings, (database) =>
            asOperator("api-keys revoke", () => revokeApiKey(database, id, surroundings.now())),
          );
          const json = { id, revoked };
          if (revoked) return { json, output: `Revoked ${id}: the next call with it is refused, and an open stream ends within seconds.` };
          return {
            json,
            notes: `There is no key ${id} that still works.\n  → \`evergrant api-keys list --all\` shows them`,
            exitCode: exitCodes.fault,
          };
        },
      }),
    );
}
