/**
 * An integration whose issuer has been discovered: what could not be judged when the config was read is judged now.
 */
import { type AuthorizationServerFacts, type ConfigFault, inlineProviderShape, scopeShape } from "@evergrant/schema";
import { faultsOf } from "./config-faults.ts";
import { at } from "./config-path.ts";
import { integrationPath } from "./resolve-integration.ts";
import type { ResolvedIntegration } from "./resolved-config.ts";
import { scopeFaults } from "./scope-faults.ts";

/** What an issuer's metadata said (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). */
export interface DiscoveredServer {
  readonly facts: Partial<AuthorizationServerFacts> & Pick<AuthorizationServerFacts, "authorizationEndpoint" | "tokenEndpoint">;
  /** `scopes_supported`; null where the metadata has none: then any scope goes. */
  readonly scopesSupported: readonly string[] | null;
}

/** What became of an integration with its discovered server; `facts` are those in `integration.server`. */
export type IntegrationCompletion =
  | {
      readonly ok: true;
      readonly integration: ResolvedIntegration;
      readonly facts: AuthorizationServerFacts;
      readonly warnings: readonly ConfigFault[];
    }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/**
 * Puts discovered facts into an integration, every default filled in, and judges its scopes against `scopes_supported`.
 *
 * Scopes left out become `openid`, where the server lists it. One that has its facts already comes back as it is.
 */
export function completeIntegration(integration: ResolvedIntegration, discovered: DiscoveredServer): IntegrationCompletion {
  if (integration.server.kind === "facts") return { ok: true, integration, facts: integration.server.facts, warnings: [] };
  const path = integrationPath(integration.id);
  // Whatever is no scope-token of RFC 6749 cannot be asked for.
  const supported = discovered.scopesSupported?.filter((scope) => scopeShape.safeParse(scope).success);
  const described = {
    ...discovered.facts,
    ...(supported !== undefined && { scopes: Object.fromEntries(supported.map((scope) => [scope, {}])) }),
  };
  const parsed = inlineProviderShape.safeParse(described);
  // The config is right, and the metadata is not.
  if (!parsed.success) return { ok: false, faults: faultsOf(parsed.error, inlineProviderShape, described, at(path, "provider")) };

  const facts = parsed.data;
  const { faults, warnings } = scopeFaults(integration, facts, { id: integration.id, providerName: integration.server.issuer, path });
  if (faults.length > 0) return { ok: false, faults };
  const defaults = supported?.includes("openid") === true ? ["openid"] : facts.defaultScopes;
  const scopes = integration.scopes.length > 0 ? integration.scopes : defaults;
  return { ok: true, integration: { ...integration, scopes, server: { kind: "facts", facts } }, facts, warnings };
}
