/**
 * `evergrant config check`: all faults of a config at once, or what it comes to.
 */
import type { ResolvedConfig, ResolvedIntegration } from "@evergrant/providers";
import type { Sensitivity } from "@evergrant/schema";
import { Command } from "commander";
import { z } from "zod";
import { type Cli, action, examples } from "./action.ts";
import { type Answer, faultLines } from "./answer.ts";
import type { Fault } from "./cli-error.ts";
import { requireConfig } from "./find-config.ts";
import { loadConfig } from "./load-config.ts";
import { expectedUrl, readConfig } from "./read-config.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Paint, columns, paintFor } from "./terminal.ts";

/** The command. */
export function configCheckCommand(cli: Cli): Command {
  return new Command("check")
    .description("Check the config as `serve` would, and show what it comes to")
    .addHelpText(
      "after",
      examples(
        ["evergrant config check", "the config in this folder, as for development"],
        ["NODE_ENV=production evergrant config check --json", "as for production, for a pipeline"],
      ),
    )
    .action(
      action(cli, {
        shape: z.object({}),
        run: async ({ config: named }, surroundings) => {
          const { environment, workingFolder, node } = surroundings;
          const loaded = await loadConfig(requireConfig({ named, workingFolder }), node);
          const { config, warnings } = await readConfig(loaded, { environment, developmentUrl: expectedUrl(environment) });
          return told({ path: loaded.path, config, warnings }, surroundings);
        },
      }),
    );
}

function told(
  checked: { path: string; config: ResolvedConfig; warnings: readonly Fault[] },
  { stdout, stderr, environment }: Surroundings,
): Answer {
  const { path, config } = checked;
  const integrations = [...config.integrations.values()].map((integration) => viewOf(integration, config));
  const warnings = [...checked.warnings, ...integrations.flatMap((integration) => couldWait(integration))];
  const paint = paintFor(stdout, environment);
  const count = `${integrations.length} integration${integrations.length === 1 ? "" : "s"}`;
  const head = `${paint("green", "✓")} ${path}: ${count}, public URL ${config.publicUrl}`;
  const warningPaint = paintFor(stderr, environment);
  return {
    json: { ok: true, path, publicUrl: config.publicUrl, integrations, warnings },
    output: [head, ...integrations.map((integration) => section(integration, paint))].join("\n\n"),
    ...(warnings.length > 0 && {
      notes: `\n${warnings.map((fault) => `${warningPaint("yellow", "odd:")} ${faultLines(fault, warningPaint)}`).join("\n")}`,
    }),
  };
}

interface IntegrationFacts {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** Asked for at every connect; null where the issuer has yet to say what its default is. */
  readonly scopes: readonly ScopeInWords[] | null;
  readonly optionalScopes: readonly ScopeInWords[];
  /** Added so that there is a refresh token. */
  readonly offlineScopes: readonly string[];
  readonly redirectUri: string;
}

interface ScopeInWords {
  readonly scope: string;
  readonly description: string | null;
  readonly sensitivity: Sensitivity | null;
}

function viewOf(integration: ResolvedIntegration, { publicUrl }: ResolvedConfig): IntegrationFacts {
  const { id, name, providerLabel, server, scopes, optionalScopes, redirectPath } = integration;
  const facts = server.kind === "facts" ? server.facts : null;
  const inWords = (scope: string): ScopeInWords => ({
    scope,
    description: facts?.scopes?.[scope]?.description ?? null,
    sensitivity: facts?.scopes?.[scope]?.sensitivity ?? null,
  });
  return {
    id,
    name,
    provider: providerLabel,
    scopes: facts === null && scopes.length === 0 ? null : scopes.map(inWords),
    optionalScopes: optionalScopes.map(inWords),
    offlineScopes: facts?.offlineAccess?.scopes ?? [],
    redirectUri: `${publicUrl}${redirectPath ?? `/oauth/callback/${id}`}`,
  };
}

/** Scopes that let an app change things, asked of everybody at once: most can wait until somebody needs them. */
function couldWait({ id, scopes }: IntegrationFacts): Fault[] {
  const path = `integrations.oauth.providers.${id}.scopes`;
  const strong = (scopes ?? []).filter(({ sensitivity }) => sensitivity === "write" || sensitivity === "admin");
  return strong.map(({ scope, description, sensitivity }) => ({
    path,
    message: `"${scope}" is asked of everybody who connects, and allows: ${description ?? scope} (${sensitivity})`,
    mend: "ask for less, or move it to optionalScopes and ask when it is needed",
  }));
}

function section(integration: IntegrationFacts, paint: Paint): string {
  const { id, name, provider, scopes, optionalScopes, offlineScopes, redirectUri } = integration;
  const scopeRows = (label: string, list: readonly ScopeInWords[]) =>
    list.map(({ scope, description, sensitivity }, index) => [
      index === 0 ? label : "",
      scope,
      sensitivity === "write" || sensitivity === "admin" ? `${description ?? ""} (${sensitivity})` : (description ?? ""),
    ]);
  const asked = scopes === null ? [["asks for", "what the issuer has by default", ""]] : scopeRows("asks for", scopes);
  const rows = [
    ...asked,
    ...scopeRows("may ask for", optionalScopes),
    ...scopeRows(
      "to refresh",
      offlineScopes.map((scope) => ({ scope, description: null, sensitivity: null })),
    ),
  ];
  const none = rows.length === 0 ? [["asks for", "no scopes: what it may do is set at the provider", ""]] : rows;
  const lines = [...columns(none), `register this redirect URI at the provider: ${paint("cyan", redirectUri)}`];
  return [`${paint("bold", id)}: ${name} (${provider})`, ...lines.map((line) => `  ${line}`)].join("\n");
}
