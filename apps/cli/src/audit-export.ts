/**
 * `evergrant audit export`: the audit log as JSON lines.
 */
import { auditListInput } from "@evergrant/schema";
import { Command } from "commander";
import { type Cli, action, examples } from "./action.ts";

/** The command. */
export function auditExportCommand(cli: Cli): Command {
  return new Command("export")
    .description("Write the audit log to stdout, oldest first, an entry a line")
    .option("--subject <subject>", "of this subject, forgotten or not")
    .option("--connection-id <id>", "of this connection")
    .option("--integration <id>", "of this integration")
    .option("--action <name>", "such as tokens.get or connections.disconnect")
    .option("--actor-id <id>", "by this API key or session")
    .option("--actor-kind <kind>", "by actors of this kind, such as api_key or browser")
    .option("--since <instant>", "from this instant on, such as 2027-01-31T00:00:00Z")
    .option("--until <instant>", "before this instant")
    .addHelpText(
      "after",
      examples(
        ["evergrant audit export > audit.jsonl", "all of it, in pages"],
        ["evergrant audit export --subject alice --since 2027-01-01T00:00:00Z", "what was done about alice this year"],
      ),
    )
    .action(
      action(cli, {
        shape: auditListInput.omit({ cursor: true, limit: true }),
        run: async ({ config, json: _json, ...filter }, surroundings) => {
          const [{ withVault }, { asOperator, exportAudit }] = await Promise.all([import("./with-vault.ts"), import("@evergrant/server")]);
          await withVault(config, surroundings, (opened) =>
            asOperator("audit.export", async () => {
              for await (const entry of exportAudit(opened, filter)) surroundings.stdout.write(`${JSON.stringify(entry)}\n`);
            }),
          );
          return null;
        },
      }),
    );
}
