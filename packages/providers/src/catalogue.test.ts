import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { providerShape } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { loadProvider, providerIds } from "./catalogue.ts";
import { heldScopes, spellings } from "./scopes.ts";
import { fillUrlParameters } from "./url-parameters.ts";

const entries = await Promise.all(
  providerIds.map(async (id) => {
    const facts = await loadProvider(id);
    if (facts === undefined) throw new Error(`${id} is not in the catalogue`);
    return { id, facts };
  }),
);

describe("the catalogue", () => {
  it("has the first dozen", () => {
    const dozen = "atlassian discord dropbox github gitlab google linear microsoft notion salesforce sandbox slack";
    expect(providerIds).toEqual(expect.arrayContaining(dozen.split(" ")));
    expect(providerIds).toEqual(providerIds.toSorted());
  });

  it("knows no other", async () => {
    expect(await loadProvider("githb")).toBeUndefined();
    expect(await loadProvider("constructor")).toBeUndefined();
  });

  it("gives the same object at every call", async () => {
    expect(await loadProvider("linear")).toBe(await loadProvider("linear"));
  });

  it("pulls no provider in before it is asked for", async () => {
    const source = await readFile(new URL("catalogue.ts", import.meta.url), "utf8");
    const imported = [...stripTypeScriptTypes(source).matchAll(/^\s*import\b.*from\s+"([^"]+)"/gm)].map(([, from]) => from);
    expect(imported).toEqual(["@evergrant/schema"]);
  });
});

describe.each(entries)("$id", ({ id, facts }) => {
  const scopes = Object.keys(facts.scopes);

  it("is of the provider shape, under its own id, with every default filled in", () => {
    expect(providerShape.parse(facts)).toEqual(facts);
    expect(facts.id).toBe(id);
    expect(Object.values(facts)).not.toContain(undefined);
  });

  it("asks by default for scopes that it lists, and leaves those for refreshing to the engine", () => {
    const offline = facts.offlineAccess?.scopes ?? [];
    expect(scopes).toEqual(expect.arrayContaining([...facts.defaultScopes, ...offline]));
    expect(facts.defaultScopes.filter((scope) => offline.includes(scope))).toEqual([]);
    expect(facts.defaultScopes.length > 0).toBe(scopes.length > 0);
  });

  it("implies scopes that it lists, and no circle of them", () => {
    for (const scope of scopes) {
      for (const implied of facts.scopes[scope]?.implies ?? []) {
        expect(scopes).toContain(implied);
        expect(heldScopes([implied], facts)).not.toContain(scope);
      }
    }
  });

  it("has no scope twice in two spellings that differ only by case", () => {
    const lower = scopes.map((scope) => scope.toLowerCase());
    expect(lower.filter((scope, index) => lower.indexOf(scope) !== index)).toEqual([]);
  });

  it("is open to forms that none of its own scopes has", () => {
    for (const { source } of facts.openTo) {
      const form = new RegExp(source);
      expect(source).toMatch(/^\^.*\$$/);
      const own = scopes
        .flatMap((scope) => spellings(scope, facts))
        .filter((scope) => !facts.aliasPrefixes.some((prefix) => scope.startsWith(prefix)));
      expect(own.filter((scope) => form.test(scope))).toEqual([]);
    }
  });

  it("has no placeholder that cannot be filled, and no parameter without one", () => {
    const value = id === "sandbox" ? "4010" : "acme.example";
    const parameters = Object.fromEntries(facts.urlParameters.map((name) => [name, value]));
    const filled = fillUrlParameters(facts, { parameters, providerName: facts.name, path: "" });
    expect(filled.faults).toEqual([]);
    const endpoints = JSON.stringify({ ...facts, scopes: {}, quirks: [], docsUrl: "", scopesDocsUrl: "" });
    for (const name of facts.urlParameters) expect(endpoints).toContain(`{${name}}`);
  });

  it("says where to check it, by https", () => {
    for (const url of [facts.docsUrl, facts.scopesDocsUrl]) expect(url ?? "https:").toMatch(/^https:/);
  });
});

describe("what is known of single providers", () => {
  it("GitHub's repo gives public_repo, and admin:org what is below write:org", async () => {
    const github = await loadProvider("github");
    expect(github?.scopes["repo"]?.implies).toContain("public_repo");
    expect(github?.scopes["admin:org"]?.implies).toEqual(["write:org"]);
    expect(github?.scopes["write:org"]?.implies).toEqual(["read:org"]);
  });

  it("Google revokes all of a user and client at once", async () => {
    expect((await loadProvider("google"))?.revocation?.ends).toBe("account");
  });

  it("Microsoft has no issuer, since it differs from account to account", async () => {
    expect(await loadProvider("microsoft")).not.toHaveProperty("issuer");
  });

  it("Atlassian takes a spent refresh token for ten minutes more", async () => {
    expect((await loadProvider("atlassian"))?.rotation).toEqual({ mode: "grace", graceSeconds: 600 });
  });

  it("the sandbox may be on any port of this machine", async () => {
    expect((await loadProvider("sandbox"))?.tokenEndpoint).toBe("http://127.0.0.1:{port}/token");
  });
});
