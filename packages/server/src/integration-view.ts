/**
 * Integrations as callers see them: the full view of `config.*`, and the summary of a connect page.
 */
import { declaredScopes } from "@evergrant/providers";
import type { IntegrationSummary, IntegrationView } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { Integration } from "./integrations.ts";
import { redirectUriOf } from "./redirect-uri.ts";

/** Client id and secret are told only by fingerprint: enough to see whether two are the same. */
export function viewIntegration(authority: Pick<Authority, "vault" | "publicUrl">, integration: Integration): IntegrationView {
  const { clientSecret, server } = integration;
  return {
    id: integration.id,
    name: integration.name,
    source: integration.source,
    provider: integration.providerLabel,
    clientId: { set: true, fingerprint: authority.vault.fingerprint(integration.clientId) },
    clientSecret:
      clientSecret === undefined ? { set: false } : { set: true, fingerprint: authority.vault.fingerprint(clientSecret.reveal()) },
    scopes: [...integration.scopes],
    optionalScopes: [...integration.optionalScopes],
    allowUnlistedScopes: [...integration.allowUnlistedScopes],
    offlineScopes: server.kind === "facts" ? [...declaredScopes(integration, server.facts).offlineScopes] : [],
    redirectUri: redirectUriOf(authority, integration),
    confirm: integration.confirm,
  };
}

/** What a connect page shows: the name, and every scope in plain words. */
export function summarizeIntegration(integration: Integration): IntegrationSummary {
  const listed = integration.server.kind === "facts" ? integration.server.facts.scopes : undefined;
  const describe = (optional: boolean) => (scope: string) => ({ scope, description: listed?.[scope]?.description ?? null, optional });
  return {
    id: integration.id,
    name: integration.name,
    scopes: [...integration.scopes.map(describe(false)), ...integration.optionalScopes.map(describe(true))],
  };
}
