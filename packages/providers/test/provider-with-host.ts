/** Providers of the catalogue with something in place of their URL parameters. */
import type { ProviderFacts } from "@evergrant/schema";
import { loadProvider } from "../src/catalogue.ts";
import { fillUrlParameters } from "../src/url-parameters.ts";

/** A provider's facts, its URL parameters filled with `parameters` or, where they name none, with a host. */
export async function providerWithHost(id: string, parameters: Readonly<Record<string, string>> = {}): Promise<ProviderFacts> {
  const facts = await loadProvider(id);
  if (facts === undefined) throw new Error(`${id} is not in the catalogue`);
  const values = facts.urlParameters.map((name) => [name, parameters[name] ?? (name === "port" ? "4010" : "acme.example")]);
  const filled = fillUrlParameters(facts, { parameters: Object.fromEntries(values), providerName: facts.name, path: "" });
  const [fault] = filled.faults;
  if (fault !== undefined) throw new Error(`${id}: ${fault.message}`);
  return { ...facts, ...filled.facts, name: facts.name, scopes: facts.scopes };
}
