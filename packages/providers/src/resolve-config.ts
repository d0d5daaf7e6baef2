/**
 * A whole config, from what a developer wrote to what the server works by, or every fault in it at once.
 */
import {
  type ConfigFault,
  appShape,
  auditSettingsShape,
  oauthShape,
  publicUrlShape,
  refreshSettingsShape,
  retentionShape,
} from "@evergrant/schema";
import { z } from "zod";
import { faultsOf } from "./config-faults.ts";
import type { LoadProvider } from "./find-server.ts";
import { sharedRedirectPathFaults } from "./redirect-paths.ts";
import { integrationPath, resolveIntegration } from "./resolve-integration.ts";
import type { Environment } from "./resolve-client.ts";
import type { ConfigResolution, ResolvedIntegration } from "./resolved-config.ts";

export interface ResolveConfigOptions {
  /** Where `env("NAME")` is read. */
  readonly environment: Environment;
  /** In development a client secret may stand in the config, and `publicUrl` may be left out. */
  readonly development: boolean;
  /** Where browsers reach the server, as the environment says; it goes before the config's. */
  readonly publicUrl?: string;
  /** What `publicUrl` is in development where nobody names it; left out, http://127.0.0.1:4000. */
  readonly developmentUrl?: string;
  /** Left out, the catalogue. */
  readonly load?: LoadProvider;
}

/** All but the integrations: each of those is judged by itself, so that a fault in one hides none in another. */
const frameShape = appShape.extend({
  integrations: z.strictObject({ oauth: oauthShape.extend({ providers: z.record(z.string(), z.unknown()) }) }),
});

/**
 * Resolves a config: what `defineConfig` gave, or the same from JSON.
 *
 * Faults are reported all at once, each with its path and its mend; none holds the value of a secret or a variable.
 *
 * @example
 * const resolution = await resolveConfig(config, { environment, development: false });
 * if (!resolution.ok) for (const { path, message, mend } of resolution.faults) report(`${path}: ${message} (${mend})`);
 */
export async function resolveConfig(input: unknown, options: ResolveConfigOptions): Promise<ConfigResolution> {
  const faults: ConfigFault[] = [];
  const warnings: ConfigFault[] = [];
  const frame = frameShape.safeParse(input);
  if (!frame.success) faults.push(...faultsOf(frame.error, frameShape, input, ""));
  const publicUrl = findPublicUrl(input, options);
  faults.push(...publicUrl.faults);

  const integrations = new Map<string, ResolvedIntegration>();
  const literalSecrets = options.development ? "warned_of" : "refused";
  for (const [id, definition] of Object.entries(providersIn(input))) {
    const resolution = await resolveIntegration(id, definition, {
      environment: options.environment,
      literalSecrets,
      ...(options.load && { load: options.load }),
    });
    if (!resolution.ok) faults.push(...resolution.faults);
    else {
      integrations.set(id, resolution.integration);
      warnings.push(...resolution.warnings);
    }
  }
  faults.push(...sharedRedirectPathFaults(integrations.values(), integrationPath));

  if (!frame.success || faults.length > 0) return { ok: false, faults };
  const { returnOrigins = [], allowedOrigins = [], privateHosts = [] } = frame.data;
  const refresh = frame.data.integrations.oauth.refresh ?? refreshSettingsShape.parse({});
  const audit = frame.data.audit ?? auditSettingsShape.parse({});
  const retention = frame.data.retention ?? retentionShape.parse({});
  const config = { publicUrl: publicUrl.url, returnOrigins, allowedOrigins, privateHosts, refresh, audit, retention, integrations };
  return { ok: true, config, warnings };
}

function findPublicUrl(input: unknown, options: ResolveConfigOptions): { url: string; faults: ConfigFault[] } {
  const inFile = get(input, "publicUrl");
  // A faulty one in the file is the frame's to report.
  const url =
    options.publicUrl ??
    (typeof inFile === "string" ? inFile : undefined) ??
    (options.development ? (options.developmentUrl ?? "http://127.0.0.1:4000") : undefined);
  if (url === undefined) {
    const mend = "add publicUrl, such as https://evergrant.example.com, or set EVERGRANT_PUBLIC_URL";
    return {
      url: "",
      faults: inFile === undefined ? [{ path: "publicUrl", message: "is missing: every redirect URI comes from it", mend }] : [],
    };
  }
  const judged = publicUrlShape.safeParse(url);
  // As browsers write it, and providers compare it: one spelling of scheme, host, default port and encoded characters.
  if (judged.success) return { url: new URL(url).href.replace(/\/+$/, ""), faults: [] };
  return { url, faults: url === inFile ? [] : faultsOf(judged.error, publicUrlShape, url, "publicUrl") };
}

function providersIn(input: unknown): object {
  const providers = get(get(get(input, "integrations"), "oauth"), "providers");
  return typeof providers === "object" && providers !== null && !Array.isArray(providers) ? providers : {};
}

function get(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
