/**
 * `evergrant keys generate`: a new key-encryption key, and how to set it.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";

/** The command. */
export function keysGenerateCommand(cli: Cli): Command {
  return new Command("generate")
    .description("Make a key for EVERGRANT_ENCRYPTION_KEYS")
    .option("--id <id>", "what the key is called; left out, a random name")
    .addHelpText(
      "after",
      examples(
        ["evergrant keys generate", "prints id:base64"],
        ["evergrant keys generate --id 2027-01", "with a name of your own"],
        ['export EVERGRANT_ENCRYPTION_KEYS="$(evergrant keys generate)"', "into a variable, and not onto the screen"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({
          id: z
            .string()
            .regex(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 of A-Z, a-z, 0-9, ., _ and -")
            .optional(),
        }),
        ignoreEnvironmentFaults: true,
        run: async ({ id }) => {
          const { generateEncryptionKey } = await import("@evergrant/server");
          const key = generateEncryptionKey(id);
          return {
            json: { encryptionKey: key },
            output: key,
            notes:
              "Put it into EVERGRANT_ENCRYPTION_KEYS where the server runs (to add it to others: key,other; the first one wraps).\n" +
              "Keep a copy in a safe place: without it no stored token opens.",
          };
        },
      }),
    );
}
