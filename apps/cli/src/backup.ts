/**
 * `evergrant backup <file>`: a consistent copy of a database file, made beside running servers.
 */
import { open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Database } from "@evergrant/server";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { CliError } from "./cli-error.ts";
import { requireDatabaseUrl } from "./project.ts";

/** The command. */
export function backupCommand(cli: Cli): Command {
  return new Command("backup")
    .description("Copy the database file while servers run; its secrets stay sealed, and the keys are not in it")
    .argument("<file>", "where to; it must not exist yet")
    .addHelpText(
      "after",
      examples(["evergrant backup backups/2027-01-31.db", "keep the encryption keys elsewhere: without them it opens nowhere"]),
    )
    .action(
      action(cli, {
        shape: z.object({ file: z.string().min(1) }),
        run: async ({ file, config }, { environment, workingFolder, now }) => {
          const url = requireDatabaseUrl({ named: config, workingFolder }, environment);
          const { openStore } = await import("./open-store.ts");
          const { database } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "refuse_pending" });
          try {
            const path = resolve(workingFolder, file);
            await backUp(database, path, now);
            return { json: { file: path }, output: `The database is copied to ${path}.` };
          } finally {
            database.close();
          }
        },
      }),
    );
}

async function backUp(database: Database, path: string, now: () => Date): Promise<void> {
  if (database.kind !== "file")
    throw new CliError("usage", "only a database file can be copied", {
      mend: "back a database on a server up with that server's own means",
    });
  await claim(path);
  try {
    const { asOperator, copyDatabase } = await import("@evergrant/server");
    await asOperator("backup", () => copyDatabase(database, path, now()));
    await sync(path);
    await sync(dirname(path));
  } catch (cause) {
    await rm(path, { force: true });
    throw new CliError("database_unavailable", "the copy could not be written whole, and is removed", {
      mend: "check the space and the rights of the folder, then try again",
      cause,
    });
  }
}

/** Makes the file, for its owner alone. */
async function claim(path: string): Promise<void> {
  try {
    await (await open(path, "wx", 0o600)).close();
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new CliError("usage", exists ? `${path} exists, and is not written over` : `${path} cannot be made`, {
      mend: exists ? "name another file" : "check that its folder is there and that you may write to it",
      cause,
    });
  }
}

/** Lets a file, or what a folder lists, survive a loss of power. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync();
  await handle.close();
}
