/**
 * `evergrant import`: tokens from another store, as JSON lines.
 */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { ImportResult } from "@evergrant/schema";
import type { App } from "@evergrant/server";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { exitCodes } from "./cli-error.ts";
import type { Surroundings } from "./surroundings.ts";
import { paintFor } from "./terminal.ts";

const explanation = `
A line is one object:
  {"integration":"github","subject":"user-1","account":{"id":"42","label":"octocat"},"accessToken":"…","refreshToken":"…",
   "expiresAt":"2027-01-31T12:00:00Z","scopes":["repo"]}
integration, subject, accessToken and scopes are needed; account, tokenType, refreshToken, expiresAt, refreshTokenExpiresAt, grantedAt
and captured may be left out. The integration must have the client id that the grant was given to.

An account that has a connection already is left alone, so that a live refresh token is not replaced by an older one, and an import may
be run again.`;

/** The command. */
export function importCommand(cli: Cli): Command {
  return new Command("import")
    .description("Bring tokens from another store, as JSON lines")
    .argument("<file>", "the lines; - reads standard input")
    .option("--dry-run", "say what would become of each line, and write nothing")
    .option("--replace", "put a line's tokens in the place of those that its account's connection has")
    .addHelpText(
      "after",
      `${examples(
        ["evergrant import tokens.jsonl --dry-run", "look first"],
        ["evergrant import tokens.jsonl", "a line for each, and a summary"],
        ["other-store export | evergrant import - --json", "from a pipe, the results as JSON lines"],
      )}\n${explanation}`,
    )
    .action(
      action(cli, {
        shape: z.object({ file: z.string().min(1), dryRun: z.boolean().default(false), replace: z.boolean().default(false) }),
        run: async ({ config, json, file, dryRun, replace }, surroundings) => {
          const [{ withApp }, { asOperator }] = await Promise.all([import("./with-app.ts"), import("@evergrant/server")]);
          const bytes = file === "-" ? surroundings.stdin : (await open(resolve(surroundings.workingFolder, file))).createReadStream();
          const count = { imported: 0, replaced: 0, unchanged: 0, skipped: 0, refused: 0 };
          const bring = async (app: App) => {
            for await (const result of app.importTokens(bytes, { dryRun, replace })) {
              count[result.outcome] += 1;
              surroundings.stdout.write(`${json ? JSON.stringify(result) : lineOf(result, dryRun, surroundings)}\n`);
            }
          };
          await withApp(config, surroundings, (app) => asOperator("import", () => bring(app)));
          const what = Object.entries(count).flatMap(([outcome, lines]) => (lines === 0 ? [] : [`${lines} ${outcome}`]));
          const summary = `${what.length === 0 ? "There were no lines" : what.join(", ")}${dryRun ? "; nothing was written" : ""}.`;
          const exitCode = count.refused === 0 ? exitCodes.ok : exitCodes.fault;
          return { json: { ...count, dryRun }, notes: summary, exitCode };
        },
      }),
    );
}

function lineOf({ line, outcome, connectionId, faults }: ImportResult, dryRun: boolean, { stdout, environment }: Surroundings): string {
  const paint = paintFor(stdout, environment);
  const told = dryRun && (outcome === "imported" || outcome === "replaced") ? `would be ${outcome}` : outcome;
  if (outcome !== "refused") return `${line}: ${told}${connectionId === null ? "" : ` ${connectionId}`}`;
  const why = faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  return `${line}: ${paint("red", told)}: ${why}`;
}
