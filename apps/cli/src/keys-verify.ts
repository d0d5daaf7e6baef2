/**
 * `evergrant keys verify`: opens every secret, and says which do not open.
 */
import type { UnreadableSecret } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";
import { startProgress } from "./progress.ts";

/** The command. */
export function keysVerifyCommand(cli: Cli): Command {
  return new Command("verify")
    .description("Open every secret, and name those that do not open")
    .addHelpText(
      "after",
      examples(
        ["evergrant keys verify", "after a restore, or before an old key is taken away"],
        ["evergrant keys verify --json", "for a program"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({}),
        run: async ({ config }, surroundings) => {
          const [{ withVault }, { readKeysStatus, verifySecrets }] = await Promise.all([
            import("./with-vault.ts"),
            import("@evergrant/server"),
          ]);
          const { stderr, now } = surroundings;
          return withVault(config, surroundings, async (opened) => {
            const { columns, strayRows } = await readKeysStatus(opened);
            const total = columns.reduce((sum, { rows }) => sum + rows, strayRows);
            const progress = startProgress(stderr, { what: "secrets", total, now });
            const { opened: count, unreadable } = await verifySecrets(opened, (looked) => progress.add(looked));
            progress.end();
            return {
              json: { opened: count, unreadable },
              output: [...unreadableLines(unreadable), `${count} secrets open, ${unreadable.length} do not.`].join("\n"),
              exitCode: unreadable.length === 0 ? exitCodes.ok : exitCodes.fault,
            };
          });
        },
      }),
    );
}

/** Secrets that do not open, a line each: where they are, and why. */
export function unreadableLines(secrets: readonly UnreadableSecret[]): string[] {
  return secrets.map(
    ({ table, column, rowId, code }) =>
      `${table}.${column} ${rowId}: ${code === "key_unavailable" ? "its data key does not open" : "unreadable"}`,
  );
}
