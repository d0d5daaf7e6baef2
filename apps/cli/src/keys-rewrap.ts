/**
 * `evergrant keys rewrap`: data keys under another key-encryption key, without touching what they have sealed.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";

/** The command. */
export function keysRewrapCommand(cli: Cli): Command {
  return new Command("rewrap")
    .description("Wrap the data keys with the first of the encryption keys; no secret is touched")
    .option("--all", "those that the first one wraps already, too: after a rotation of that key in its KMS")
    .addHelpText(
      "after",
      `${examples(
        ["evergrant keys rewrap", "after a new key was put first in EVERGRANT_ENCRYPTION_KEYS, wherever a server runs"],
        ["evergrant keys rewrap --all", "under the newest version of the same key of a KMS"],
      )}\n\nAfterwards the old encryption key may be taken from the list.`,
    )
    .action(
      action(cli, {
        shape: z.object({ all: z.boolean().default(false) }),
        run: async ({ config, all }, surroundings) => {
          const [{ withVault }, { asOperator }] = await Promise.all([import("./with-vault.ts"), import("@evergrant/server")]);
          const { rewrapped, closed } = await asOperator("keys rewrap", () =>
            withVault(config, surroundings, ({ vault }) => vault.ring.rewrap(all ? "all" : "others")),
          );
          const done = `${rewrapped.length} data ${rewrapped.length === 1 ? "key" : "keys"} wrapped anew.`;
          return {
            json: { rewrapped, closed },
            output: done,
            ...(closed.length > 0 && { notes: `Left as they were, since they do not open: ${closed.join(", ")}.` }),
            exitCode: closed.length === 0 ? exitCodes.ok : exitCodes.fault,
          };
        },
      }),
    );
}
