/**
 * One integration, from what a developer wrote to what the server works by. The config file and `config.put` both come this way.
 */
import { type ConfigFault, type Integration, Secret, integrationIdShape, integrationShape } from "@evergrant/schema";
import { faultsOf } from "./config-faults.ts";
import { at } from "./config-path.ts";
import { type FoundServer, type LoadProvider, findServer } from "./find-server.ts";
import { redirectPathFaults } from "./redirect-paths.ts";
import { type Environment, type LiteralSecrets, clientWarnings, resolveClient } from "./resolve-client.ts";
import type { IntegrationResolution } from "./resolved-config.ts";
import { resourceOf } from "./resource.ts";
import { scopeFaults } from "./scope-faults.ts";
import { fillUrlParameters } from "./url-parameters.ts";

export interface ResolveIntegrationOptions {
  /** Where `env("NAME")` is read. Empty for `config.put`: a caller must not read the server's environment. */
  readonly environment: Environment;
  readonly literalSecrets: LiteralSecrets;
  /** Where faults say that the integration stands; left out, its place in the config file. */
  readonly path?: string;
  /** Left out, the catalogue. */
  readonly load?: LoadProvider;
}

/** The fields that are as they should be; the others have their faults already. */
type Fields = { readonly [Name in keyof Integration]?: Integration[Name] | undefined };

/** Where an integration stands in the config file. */
export function integrationPath(id: string): string {
  return at("integrations.oauth.providers", id);
}

/**
 * Resolves one integration, or says all that is wrong with it at once: a fault in one field does not hide those in the others.
 *
 * The scopes of an `issuer` are judged later, by `completeIntegration`. No fault holds a secret.
 */
export async function resolveIntegration(
  id: string,
  definition: unknown,
  options: ResolveIntegrationOptions,
): Promise<IntegrationResolution> {
  const path = options.path ?? integrationPath(id);
  const { fields, faulty, faults } = readFields(id, definition, path);
  const client = resolveClient(fields, { ...options, path });
  faults.push(...client.faults);
  if (fields.redirectPath !== undefined) faults.push(...redirectPathFaults(fields.redirectPath, path));

  const skipServer = faulty.has("provider") || typeof definition !== "object" || definition === null;
  const { found, faults: serverFaults } = skipServer
    ? { found: null, faults: [] }
    : await findServer(id, fields.provider, { path, load: options.load });
  const judged = found === null ? null : judge(id, fields, found, { ...options, path, parametersAreFaulty: faulty.has("parameters") });
  faults.push(...serverFaults, ...(judged?.faults ?? []));

  if (faults.length > 0 || found === null || judged === null || client.clientId === null) return { ok: false, faults };
  const { server } = judged;
  return {
    ok: true,
    warnings: [...client.warnings, ...judged.warnings],
    integration: {
      id,
      name: fields.name ?? found.name,
      providerLabel: found.label,
      server,
      resource: resourceOf(server, fields.resourceHosts ?? []),
      clientId: client.clientId,
      ...(client.clientSecret !== null && { clientSecret: new Secret(client.clientSecret) }),
      scopes: fields.scopes ?? (server.kind === "facts" ? server.facts.defaultScopes : []),
      optionalScopes: fields.optionalScopes ?? [],
      allowUnlistedScopes: fields.allowUnlistedScopes ?? [],
      ...(fields.redirectPath !== undefined && { redirectPath: fields.redirectPath }),
      confirm: fields.confirm ?? true,
    },
  };
}

function readFields(
  id: string,
  definition: unknown,
  path: string,
): { fields: Fields; faulty: ReadonlySet<PropertyKey | undefined>; faults: ConfigFault[] } {
  const soundId = integrationIdShape.safeParse(id);
  const parsed = integrationShape.safeParse(definition);
  const faults = [
    ...(soundId.success ? [] : faultsOf(soundId.error, integrationIdShape, id, path)),
    ...(parsed.success ? [] : faultsOf(parsed.error, integrationShape, definition, path)),
  ];
  if (parsed.success) return { fields: parsed.data, faulty: new Set(), faults };
  const faulty = new Set(parsed.error.issues.map((issue) => issue.path[0]));
  const entries = typeof definition === "object" && definition !== null ? Object.entries(definition) : [];
  const sound = entries.filter(([name]) => Object.hasOwn(integrationShape.shape, name) && !faulty.has(name));
  return { fields: integrationShape.partial().parse(Object.fromEntries(sound)), faulty, faults };
}

/** What can only be said once the server is known: its URL parameters, its scopes, the client that it wants. */
function judge(
  id: string,
  fields: Fields,
  found: FoundServer,
  options: { readonly path: string; readonly literalSecrets: LiteralSecrets; readonly parametersAreFaulty: boolean },
): { server: FoundServer["server"]; faults: ConfigFault[]; warnings: ConfigFault[] } {
  const { path, literalSecrets, parametersAreFaulty } = options;
  const { name: providerName, server } = found;
  const parameters = fields.parameters ?? {};
  if (server.kind === "issuer") {
    const message = "an issuer has no URL parameters";
    const mend = "write the whole issuer URL under provider";
    return { server, faults: Object.keys(parameters).map((name) => ({ path: at(path, "parameters", name), message, mend })), warnings: [] };
  }
  const scopes = scopeFaults(fields, server.facts, { id, providerName, path });
  if (parametersAreFaulty) return { server, ...scopes };
  const filled = fillUrlParameters(server.facts, { parameters, providerName, path });
  if (filled.faults.length > 0) return { server, faults: [...filled.faults, ...scopes.faults], warnings: scopes.warnings };
  const warnings = [...scopes.warnings, ...clientWarnings(fields, filled.facts, { literalSecrets, providerName, path })];
  return { server: { kind: "facts", facts: filled.facts }, faults: scopes.faults, warnings };
}
