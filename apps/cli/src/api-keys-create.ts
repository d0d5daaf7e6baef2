/**
 * `evergrant api-keys create`: a key for a backend, straight into the database.
 */
import { apiKeysCreateInput, permissionShape } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { commaList } from "./comma-list.ts";
import { CliError } from "./cli-error.ts";

const { name, permissions, integrations, subjects } = apiKeysCreateInput.shape;
const spanMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** The command. */
export function apiKeysCreateCommand(cli: Cli): Command {
  return new Command("create")
    .description("Make an API key; it is shown once, and stored as a hash")
    .requiredOption("--name <name>", "what it is for")
    .requiredOption("--permissions <list>", `what it may do: ${permissionShape.options.join(", ")}`)
    .option("--integrations <list>", "the integrations it is for; left out, all of them")
    .option(
      "--subject <subject>",
      "a subject that it is for, and nobody else's; may be given several times",
      (subject: string, others: string[] | undefined) => [...(others ?? []), subject],
    )
    .option("--expires <when>", "an instant such as 2027-01-31T00:00:00Z, or a span such as 90d, 12h, 30m; left out, never")
    .addHelpText(
      "after",
      examples(
        ["evergrant api-keys create --name backend --permissions tokens:read,connections:write", "for a backend"],
        ["evergrant api-keys create --name ci --permissions tokens:read --integrations github --expires 90d", "as little as possible"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({
          name,
          permissions: commaList.pipe(permissions),
          integrations: commaList.pipe(integrations.unwrap()).optional(),
          subject: subjects,
          expires: z.string().optional(),
        }),
        run: async (input, surroundings) => {
          const { now } = surroundings;
          const expiresAt = input.expires === undefined ? undefined : instantOf(input.expires, now());
          const [{ withDatabase }, { asOperator, createApiKey }] = await Promise.all([
            import("./with-database.ts"),
            import("@evergrant/server"),
          ]);
          const key = await withDatabase(input.config, surroundings, (database) =>
            asOperator("api-keys create", () =>
              createApiKey(
                { database, now },
                {
                  name: input.name,
                  permissions: input.permissions,
                  ...(input.integrations && { integrations: input.integrations }),
                  ...(input.subject && { subjects: input.subject }),
                  ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
                },
              ),
            ),
          );
          const limits = [
            key.integrations?.join(", ") ?? "all integrations",
            ...(key.subjects === null ? [] : [`subjects ${key.subjects.join(", ")}`]),
          ];
          const end = key.expiresAt === null ? "without end" : `until ${key.expiresAt}`;
          const notes = `${key.name} (${key.id}): ${key.permissions.join(", ")} for ${limits.join(" and ")}, ${end}.\nIt is not shown again.`;
          return { json: key, output: key.apiKey, notes };
        },
      }),
    );
}

function instantOf(text: string, now: Date): Date {
  const [, count, unit = ""] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  const span = spanMs[unit];
  const instant =
    count !== undefined && span !== undefined
      ? new Date(now.getTime() + Number(count) * span)
      : z.iso.datetime().safeParse(text).success
        ? new Date(text)
        : null;
  if (instant !== null && instant > now) return instant;
  throw new CliError("usage", "--expires: must be an instant to come, such as 2027-01-31T00:00:00Z, or a span such as 90d", {
    mend: "`evergrant api-keys create --help` shows examples",
  });
}
