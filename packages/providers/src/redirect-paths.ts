/**
 * Redirect paths of an integration's own: which cannot be had, and who may share one (RFC 9700 §4.4).
 */
import type { ConfigFault } from "@evergrant/schema";
import type { ResolvedIntegration } from "./resolved-config.ts";
import { at } from "./config-path.ts";

/** First segments of the paths that the server answers itself. */
export const reservedSegments: readonly string[] = ["trpc", "connect", "oauth", "healthz", "readyz", "metrics", "openapi.json", "static"];

/** What is wrong with one integration's redirect path by itself. */
export function redirectPathFaults(redirectPath: string, path: string): ConfigFault[] {
  const here = at(path, "redirectPath");
  const segments = redirectPath.split("/").slice(1);
  const [first = ""] = segments;
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    return [{ path: here, message: "has an empty segment, or one of dots", mend: "write a plain path such as /auth/github/callback" }];
  }
  if (!reservedSegments.includes(first)) return [];
  return [
    { path: here, message: `/${first} belongs to the server`, mend: "choose a path that begins otherwise, such as /auth/github/callback" },
  ];
}

/**
 * Integrations that share a redirect path although their authorization servers differ: a response could be taken for the other's (mix-up).
 *
 * @param paths Where each integration stands in the config, by id.
 */
export function sharedRedirectPathFaults(integrations: Iterable<ResolvedIntegration>, pathOf: (id: string) => string): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const owners = new Map<string, ResolvedIntegration>();
  for (const integration of integrations) {
    if (integration.redirectPath === undefined) continue;
    const owner = owners.get(integration.redirectPath);
    if (owner === undefined) owners.set(integration.redirectPath, integration);
    else if (serverOf(owner) !== serverOf(integration)) {
      faults.push({
        path: at(pathOf(integration.id), "redirectPath"),
        message: `is the redirect path of "${owner.id}" too, and theirs is another authorization server`,
        mend: "give each its own; only integrations with one issuer may share a redirect path",
      });
    }
  }
  return faults;
}

function serverOf({ server }: ResolvedIntegration): string {
  return server.kind === "issuer" ? server.issuer : (server.facts.issuer ?? server.facts.tokenEndpoint);
}
