/**
 * `evergrant keys status`: which data keys there are, what wraps them, and how many secrets are sealed with each.
 */
import type { KeysStatus } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import type { Surroundings } from "./surroundings.ts";
import { columns, paintFor } from "./terminal.ts";

const dayMs = 86_400_000;

/** The command. */
export function keysStatusCommand(cli: Cli): Command {
  return new Command("status")
    .description("Show the data keys, and how many secrets are sealed with each")
    .addHelpText(
      "after",
      examples(
        ["evergrant keys status", "a line for each key, and where its secrets are"],
        ["evergrant keys status --json", "for a program"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({}),
        run: async ({ config }, surroundings) => {
          const [{ withVault }, { readKeysStatus }] = await Promise.all([import("./with-vault.ts"), import("@evergrant/server")]);
          const status = await withVault(config, surroundings, readKeysStatus);
          return { json: status, output: statusLines(status, surroundings).join("\n") };
        },
      }),
    );
}

/** A status as lines for a person. */
function statusLines(status: KeysStatus, { stdout, environment, now }: Pick<Surroundings, "stdout" | "environment" | "now">): string[] {
  const paint = paintFor(stdout, environment);
  const keys = status.dataKeys.map((key) => [
    key.id,
    key.madeFor === "digest" ? "digests" : key.current ? "seals now" : "opens",
    `${Math.floor((now().getTime() - Date.parse(key.createdAt)) / dayMs)} d`,
    String(key.rows),
    String(key.seals),
    `${key.wrappedBy}${key.open === false ? " (does not open)" : ""}`,
  ]);
  const places = status.columns.map(({ table, column, dataKeyId, rows }) => [`${table}.${column}`, dataKeyId, String(rows)]);
  const notes = [
    ...(status.remainingRows > 0
      ? [`A rotation is under way: ${status.remainingRows} rows to go; \`evergrant keys rotate\` goes on with it.`]
      : []),
    ...(status.strayRows > 0 ? [`${status.strayRows} secrets name no key of this database; \`evergrant keys verify\` lists them.`] : []),
  ];
  const [keyHead = "", ...keyLines] = columns([["data key", "", "age", "rows", "seals", "wrapped by"], ...keys]);
  const [placeHead = "", ...placeLines] = columns([["secrets", "data key", "rows"], ...places]);
  return [
    paint("bold", keyHead),
    ...keyLines,
    ...(places.length === 0 ? [] : ["", paint("bold", placeHead), ...placeLines]),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
}
