/**
 * `evergrant migrate`: brings the database to the tables that this program knows.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { requireDatabaseUrl } from "./project.ts";

/** The command. */
export function migrateCommand(cli: Cli): Command {
  return new Command("migrate")
    .description("Bring the database to this version; safe to run in several places at once")
    .addHelpText(
      "after",
      examples(
        ["evergrant migrate", "the database of the config in this folder"],
        ["EVERGRANT_DATABASE_URL=libsql://db.example.com evergrant migrate", "a libSQL server"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({}),
        run: async ({ config }, { environment, workingFolder }) => {
          const url = requireDatabaseUrl({ named: config, workingFolder }, environment);
          const { openStore } = await import("./open-store.ts");
          const { database, applied } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "apply" });
          database.close();
          return {
            json: { applied },
            output: applied.length === 0 ? "Nothing to apply." : applied.map((id) => `applied ${id}`).join("\n"),
          };
        },
      }),
    );
}
