/**
 * Which authorization server an integration means: one of the catalogue, one to discover, or one that it describes.
 */
import type { AuthorizationServerFacts, ConfigFault, Integration, ProviderFacts } from "@evergrant/schema";
import { loadProvider, providerIds } from "./catalogue.ts";
import { at } from "./config-path.ts";
import { nearest } from "./nearest.ts";
import type { ResolvedIntegration } from "./resolved-config.ts";

/** Gives a provider's facts by id. */
export type LoadProvider = (id: string) => Promise<ProviderFacts | undefined>;

/** A server with its name for people and its label; its URL parameters are not filled in yet. */
export interface FoundServer {
  readonly name: string;
  readonly label: string;
  readonly server: ResolvedIntegration["server"];
}

/**
 * Finds the server of an integration.
 *
 * @param provider What the integration says; left out, its own id is the provider's.
 * @param options.path Where the integration stands in the config.
 */
export async function findServer(
  id: string,
  provider: Integration["provider"],
  { path, load = loadProvider }: { readonly path: string; readonly load?: LoadProvider | undefined },
): Promise<{ found: FoundServer; faults: [] } | { found: null; faults: ConfigFault[] }> {
  if (typeof provider === "object") {
    if (!("authorizationEndpoint" in provider))
      return { found: { name: id, label: provider.issuer, server: { kind: "issuer", issuer: provider.issuer } }, faults: [] };
    const faults = [...formFaults(provider, at(path, "provider")), ...idTokenFaults(provider, at(path, "provider"))];
    return faults.length > 0
      ? { found: null, faults }
      : { found: { name: provider.name ?? id, label: "inline", server: { kind: "facts", facts: provider } }, faults: [] };
  }
  const facts = await load(provider ?? id);
  if (facts !== undefined) return { found: { name: facts.name, label: facts.id, server: { kind: "facts", facts } }, faults: [] };
  return { found: null, faults: [unknownProvider(provider ?? id, provider === undefined ? path : at(path, "provider"))] };
}

function unknownProvider(name: string, path: string): ConfigFault {
  const alike = nearest(name, providerIds).map((id) => `"${id}"`);
  const otherwise = "describe it: provider: { issuer } or { authorizationEndpoint, tokenEndpoint }";
  const mend =
    alike.length === 0
      ? `name a provider of the catalogue, or ${otherwise}`
      : `did you mean ${alike.join(" or ")}? Otherwise, ${otherwise}`;
  return { path, message: `no provider has the id "${name}"`, mend };
}

/** Forms of tenants' scopes that are no regular expressions: they would throw when a scope is judged. */
function formFaults({ openTo }: AuthorizationServerFacts, path: string): ConfigFault[] {
  return openTo.flatMap(({ source }, index) =>
    isRegularExpression(source)
      ? []
      : [
          {
            path: at(path, "openTo", index, "source"),
            message: "is no regular expression",
            mend: "write one of JavaScript's, such as ^user:.+$",
          },
        ],
  );
}

/** An ID token that names the account must be one that can be validated: that takes its issuer and the issuer's keys. */
function idTokenFaults({ accountIn, idToken, issuer }: AuthorizationServerFacts, path: string): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (accountIn?.source === "id_token" && idToken === undefined) {
    const mend = 'add idToken: { jwksUri: "https://…" }, or name the account by another source';
    faults.push({ path: at(path, "accountIn", "source"), message: "an ID token names no account unless it can be validated", mend });
  }
  if (idToken !== undefined && issuer === undefined) {
    faults.push({ path: at(path, "idToken"), message: "needs the issuer that ID tokens must name", mend: 'add issuer: "https://…"' });
  }
  return faults;
}

function isRegularExpression(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
