/** The types as a consumer's compiler sees them: their weight, and what each says of a config that is wrong. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProvider, providerIds } from "../src/catalogue.ts";
import { completionsAt } from "./completions.ts";
import { configOf, configWith, marked, thirtyIds, wrongConfigs } from "./configs.ts";
import { type Check, type Compiler, type Consumer, compilers, consumer } from "./published.ts";

let published: Consumer;
beforeAll(async () => {
  published = await consumer();
});
afterAll(() => published[Symbol.asyncDispose]());

async function configFor(ids: readonly string[]): Promise<string> {
  const providers = await Promise.all(ids.map((id) => loadProvider(id)));
  return configOf(providers.filter((facts) => facts !== undefined));
}

describe("the weight of the types", () => {
  it("three integrations are fewer than 5,000 types", async () => {
    const text = await configFor(["github", "google", "slack"]);
    const { errors, types } = await published.check("TypeScript 7", { "three.ts": text });
    expect(errors).toEqual([]);
    expect(types).toBeGreaterThan(1000);
    expect(types).toBeLessThan(5000);
  });

  it("thirty are fewer than 20,000 types and 15,000 instantiations", async () => {
    const text = await configFor(thirtyIds);
    const { errors, types, instantiations } = await published.check("TypeScript 7", { "thirty.ts": text });
    expect(thirtyIds).toHaveLength(30);
    expect(errors).toEqual([]);
    expect(types).toBeLessThan(20_000);
    expect(instantiations).toBeLessThan(15_000);
  });

  it("the package's declarations are under 350 kB", () => expect(published.declarationBytes).toBeLessThan(350_000));
});

describe.each(Object.keys(compilers) as Compiler[])("%s", (compiler) => {
  const wrong = wrongConfigs.map(([title, entries, message], index) => ({
    title,
    message,
    file: `wrong-${index}.ts`,
    ...marked(configWith(entries)),
  }));
  let check: Check;
  beforeAll(async () => {
    // One program: a compiler takes longer to start than to judge them all.
    const files = Object.fromEntries(wrong.map(({ file, text }) => [file, text]));
    check = await published.check(compiler, { ...files, "every.ts": await configFor(providerIds) });
  });

  it("takes a config with an integration of every provider", () => {
    expect(check.errors.filter(({ file }) => file === "every.ts")).toEqual([]);
  });

  it.each(wrong)("finds exactly one error, at the wrong word: $title", ({ file, line, column, message }) => {
    const errors = check.errors.filter((error) => error.file === file);
    expect(errors).toEqual([{ file, line, column, message: expect.stringMatching(message) }]);
  });
});

describe("an editor offers", () => {
  const scopeIds = ["github", "google", "zoom", "gitlab", "auth0"];
  const places = {
    key: "«",
    provider: `cal: { ...client, provider: "«" }`,
    named: `work: { ...client, provider: "slack", optionalScopes: ["«"] }`,
    parameters: `keycloak: { ...client, parameters: { « } }`,
    fields: `github: { ...client, « }`,
    ...Object.fromEntries(scopeIds.map((id) => [id, `${id}: { ...client, scopes: ["«"] }`])),
  };
  let offered: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    const names = await completionsAt(published.folder, Object.values(places).map(configWith));
    offered = new Map(Object.keys(places).map((place, index) => [place, names[index] ?? []]));
  });

  it("every provider for an integration's key", () => expect(offered.get("key")).toEqual(expect.arrayContaining([...providerIds])));

  it("every provider, and nothing else, for `provider`", () => expect(offered.get("provider")?.toSorted()).toEqual(providerIds));

  it.each([...scopeIds.map((id) => [id, id]), ["named", "slack"]])("at %s all scopes of %s, and nothing else", async (place, id) => {
    const facts = await loadProvider(id);
    expect(offered.get(place)?.toSorted()).toEqual(Object.keys(facts?.scopes ?? {}).toSorted());
  });

  it("the parameters of the provider", () => expect(offered.get("parameters")).toEqual(["host", "realm"]));

  it("the fields of an integration", () => {
    expect(offered.get("fields")).toEqual(
      expect.arrayContaining(["scopes", "optionalScopes", "allowUnlistedScopes", "redirectPath", "confirm"]),
    );
    expect(offered.get("fields")).not.toContain("parameters");
  });
});
