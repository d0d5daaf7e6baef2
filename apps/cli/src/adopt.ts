/**
 * `evergrant adopt`: makes a database this deployment's own, after it was copied or its public URL has changed.
 */
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { requireConfig } from "./find-config.ts";
import { loadConfig } from "./load-config.ts";
import { databaseUrlOf, stateFolderIn } from "./project.ts";
import { deploymentUrlOf, expectedUrl, readConfig } from "./read-config.ts";

/** The command. */
export function adoptCommand(cli: Cli): Command {
  return new Command("adopt")
    .description("Make a copied database this deployment's own: from then on it refreshes, revokes and delivers")
    .addHelpText(
      "after",
      examples([
        "evergrant adopt",
        "after a move; never while the deployment that it was copied from goes on: each would end the other's grants",
      ]),
    )
    .action(
      action(cli, {
        shape: z.object({}),
        run: async ({ config: named }, { environment, workingFolder, node, now }) => {
          const loaded = await loadConfig(requireConfig({ named, workingFolder }), node);
          const { config } = await readConfig(loaded, { environment, developmentUrl: expectedUrl(environment) });
          const publicUrl = deploymentUrlOf(loaded, environment) ?? config.publicUrl;
          const [{ openStore }, { adoptDeployment, asOperator }] = await Promise.all([
            import("./open-store.ts"),
            import("@evergrant/server"),
          ]);
          const url = databaseUrlOf(environment, stateFolderIn(loaded.folder));
          const { database } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "refuse_pending" });
          try {
            await asOperator("adopt", () => adoptDeployment(database, publicUrl, now()));
            return { json: { publicUrl }, output: `The database belongs to ${publicUrl}. Servers notice within a second.` };
          } finally {
            database.close();
          }
        },
      }),
    );
}
