/**
 * Where an integration's tokens may go: what is known of the provider's API, and what the config adds.
 */
import type { Resource } from "@evergrant/schema";
import type { ResolvedIntegration } from "./resolved-config.ts";

/** Of a provider that nothing is known of but its endpoints, the host that issued a token is the only one that may see it again. */
export function resourceOf(server: ResolvedIntegration["server"], ownHosts: readonly string[]): Resource {
  if (server.kind === "issuer") {
    return { hosts: unique([new URL(server.issuer).host, ...ownHosts]), header: "Authorization", scheme: null, refusals: [] };
  }
  const { account, apiAuthorization, resourceHosts, tokenEndpoint, tokenRefusals } = server.facts;
  const endpoints = [tokenEndpoint, ...(account === undefined ? [] : [account.endpoint])];
  return {
    hosts: unique([...endpoints.map((endpoint) => new URL(endpoint).host), ...resourceHosts, ...ownHosts]),
    header: apiAuthorization.header,
    scheme: apiAuthorization.scheme ?? null,
    refusals: tokenRefusals,
  };
}

function unique(hosts: readonly string[]): string[] {
  return [...new Set(hosts.map((host) => host.toLowerCase()))];
}
