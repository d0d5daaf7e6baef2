/**
 * `evergrant api-keys create`: a key for a backend, straight into the database.
 */
import { apiKeysCreateInput, permissionShape } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, commaList, examples } from "./action.ts";
import { CliError } from "./cli-error.ts";
import { requireDatabaseUrl } from "./project.ts";

const { name, permissions, integrations } = apiKeysCreateInput.shape;
const spanMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** The command. */
export function apiKeysCreateCommand(cli: Cli): Command {
  return new Command("create")
    .description("Make an API key; it is shown once, and stored as a hash")
    .requiredOption("--name <name>", "what it is for")
    .requiredOption("--permissions <list>", `what it may do: ${permissionShape.options.join(", ")}`)
    .option("--integrations <list>", "the integrations it is for; left out, all of them")
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
          expires: z.string().optional(),
        }),
        run: async (input, { environment, workingFolder, now }) => {
          const expiresAt = input.expires === undefined ? undefined : instantOf(input.expires, now());
          const url = requireDatabaseUrl({ named: input.config, workingFolder }, environment);
          const [{ openStore }, { asOperator, createApiKey }] = await Promise.all([import("./open-store.ts"), import("@evergrant/server")]);
          const { database } = await openStore({ url, authToken: environment.databaseAuthToken, migrations: "refuse_pending" });
          try {
            const key = await asOperator("api-keys create", () =>
              createApiKey(
                { database, now },
                {
                  name: input.name,
                  permissions: input.permissions,
                  ...(input.integrations && { integrations: input.integrations }),
                  ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
                },
              ),
            );
            const scope = key.integrations === null ? "all integrations" : key.integrations.join(", ");
            const notes = `${key.name} (${key.id}): ${key.permissions.join(", ")} for ${scope}, ${key.expiresAt === null ? "without end" : `until ${key.expiresAt}`}.\nIt is not shown again.`;
            return { json: key, output: key.apiKey, notes };
          } finally {
            database.close();
          }
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
