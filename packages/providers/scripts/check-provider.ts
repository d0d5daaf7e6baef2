/**
 * Checks one provider: its shape, the rules of the catalogue, what it does not say yet, and the authorization request that it makes.
 *
 * usage: pnpm --filter @evergrant/providers provider:check <id or file>
 *
 * Exit code 0 where nothing is wrong, 1 where something is, 2 where there is no such provider.
 */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { argv, exit, stdout } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ProviderFacts, providerShape } from "@evergrant/schema";
import { providerIds } from "../src/catalogue.ts";
import { nearest } from "../src/nearest.ts";
import { fillUrlParameters } from "../src/url-parameters.ts";
import { authorizationUrl } from "./authorization-url.ts";
import { providerFaults, providerGaps } from "./provider-faults.ts";

exit(await main(argv[2] ?? ""));

async function main(given: string): Promise<number> {
  const isFile = given.endsWith(".ts");
  const file = isFile ? resolve(given) : fileURLToPath(new URL(`../src/providers/${given}.ts`, import.meta.url));
  const id = basename(file, ".ts");
  if (given === "" || !existsSync(file)) {
    const meant = nearest(id, providerIds).join(" or ");
    say(given === "" ? "usage: provider:check <id or file>" : `There is no ${file}.${meant === "" ? "" : ` Did you mean ${meant}?`}`);
    return 2;
  }
  const module: object = await import(pathToFileURL(file).href);
  const { facts, faults } = read(module, id);
  if (!isFile && !providerIds.includes(id))
    faults.push(`src/catalogue.ts has no line for it: ${id}: () => import("./providers/${id}.ts"),`);
  for (const fault of faults) say(`✗ ${fault}`);
  if (facts === null) return 1;

  for (const gap of providerGaps(facts)) say(`? ${gap}`);
  say(`${faults.length === 0 ? "✓" : "✗"} ${facts.name}, ${Object.keys(facts.scopes).length} scopes`);
  say(exampleRequest(facts));
  return faults.length === 0 ? 0 : 1;
}

function read(module: object, id: string): { facts: ProviderFacts | null; faults: string[] } {
  const exported: unknown[] = Object.values(module);
  if (exported.length !== 1) return { facts: null, faults: ["the module must export the provider and nothing else"] };
  const parsed = providerShape.safeParse(exported[0]);
  if (!parsed.success) return { facts: null, faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) };
  const facts = parsed.data;
  const misnamed = facts.id === id ? [] : [`id: is "${facts.id}", and the file is named ${id}.ts`];
  return { facts, faults: [...misnamed, ...providerFaults(facts)] };
}

/** With the names of its URL parameters in place of their values. */
function exampleRequest(facts: ProviderFacts): string {
  const parameters = Object.fromEntries(facts.urlParameters.map((name) => [name, name === "port" ? "4010" : name]));
  const filled = fillUrlParameters(facts, { parameters, providerName: facts.name, path: "" });
  const scopes = [...facts.defaultScopes, ...(facts.offlineAccess?.scopes ?? [])];
  const redirectUri = `http://127.0.0.1:4000/oauth/callback/${facts.id}`;
  if (filled.faults.length > 0) return "";
  return authorizationUrl(filled.facts, { clientId: "CLIENT_ID", redirectUri, scopes, state: "STATE", codeVerifier: "CODE_VERIFIER" }).href;
}

function say(line: string): void {
  stdout.write(`${line}\n`);
}
