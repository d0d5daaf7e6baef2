/**
 * `evergrant api-keys list`: which keys there are, what each may do, and when it was last used.
 */
import type { ApiKeyView } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import type { Surroundings } from "./surroundings.ts";
import { columns, paintFor } from "./terminal.ts";

const minuteMs = 60_000;

/** The command. */
export function apiKeysListCommand(cli: Cli): Command {
  return new Command("list")
    .description("Show the API keys that hold, newest first; never a key itself")
    .option("--all", "those that have expired or were revoked, too")
    .addHelpText(
      "after",
      examples(
        ["evergrant api-keys list", "a line for each: what it may do, for whom, and when it was last used"],
        ["evergrant api-keys list --all --json", "for a program, those that have ended included"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({ all: z.boolean().default(false) }),
        run: async ({ config, all }, surroundings) => {
          const [{ withDatabase }, { listApiKeys, viewApiKey }] = await Promise.all([
            import("./with-database.ts"),
            import("@evergrant/server"),
          ]);
          const now = surroundings.now();
          const rows = await withDatabase(config, surroundings, (database) => listApiKeys(database, now));
          const keys = rows.map((row) => viewApiKey(row)).filter((key) => all || endOf(key, now).holds);
          if (keys.length > 0) return { json: keys, output: lines(keys, surroundings).join("\n") };
          return { json: keys, notes: "There is none; `evergrant api-keys create` makes one." };
        },
      }),
    );
}

function lines(keys: readonly ApiKeyView[], { stdout, environment, now }: Pick<Surroundings, "stdout" | "environment" | "now">): string[] {
  const paint = paintFor(stdout, environment);
  const instant = now();
  const [head = "", ...rest] = columns([
    ["id", "name", "last used", "ends", "for", "may"],
    ...keys.map((key) => [
      key.id,
      key.name,
      key.lastUsedAt === null ? "never" : `${spanBetween(new Date(key.lastUsedAt), instant)} ago`,
      endOf(key, instant).words,
      reachOf(key),
      key.permissions.join(", "),
    ]),
  ]);
  return [paint("bold", head), ...rest.map((line, index) => (isOver(keys[index], instant) ? paint("dim", line) : line))];
}

function isOver(key: ApiKeyView | undefined, now: Date): boolean {
  return key !== undefined && !endOf(key, now).holds;
}

function endOf({ expiresAt, revokedAt }: ApiKeyView, now: Date): { holds: boolean; words: string } {
  if (revokedAt !== null) return { holds: false, words: `revoked ${spanBetween(new Date(revokedAt), now)} ago` };
  if (expiresAt === null) return { holds: true, words: "never" };
  const end = new Date(expiresAt);
  if (end <= now) return { holds: false, words: `expired ${spanBetween(end, now)} ago` };
  return { holds: true, words: `in ${spanBetween(now, end)}` };
}

function reachOf({ integrations, subjects }: ApiKeyView): string {
  const limits = [
    ...(integrations === null ? [] : [integrations.join(", ")]),
    ...(subjects === null ? [] : [`subjects ${subjects.join(", ")}`]),
  ];
  return limits.length === 0 ? "all" : limits.join("; ");
}

/** A span in its largest whole unit: minutes, hours or days. */
function spanBetween(from: Date, to: Date): string {
  const minutes = Math.max(0, Math.floor((to.getTime() - from.getTime()) / minuteMs));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} d`;
}
