import { expect, it } from "vitest";
import { loadProvider, providerIds } from "../src/catalogue.ts";
import { judgeScopes } from "../src/scopes.ts";
import { tenantScopes } from "./tenant-scopes.ts";

const open = await Promise.all(providerIds.map((id) => loadProvider(id))).then((all) =>
  all.filter((facts) => (facts?.openTo.length ?? 0) > 0),
);

it("the examples are of every provider that is open, and of every form", () => {
  expect(open.map((facts) => facts?.id)).toEqual(Object.keys(tenantScopes));
  for (const [id, scopes] of Object.entries(tenantScopes)) {
    const forms = open.find((facts) => facts?.id === id)?.openTo ?? [];
    for (const { source } of forms) expect(scopes.some((scope) => new RegExp(source).test(scope))).toBe(true);
  }
});

it.each(Object.entries(tenantScopes))("%s: a scope of its form is its tenants' own", async (id, scopes) => {
  const provider = await loadProvider(id);
  if (provider === undefined) throw new Error(`${id} is not in the catalogue`);
  expect(judgeScopes(scopes, { provider }).map(({ verdict }) => verdict)).toEqual(scopes.map(() => "tenant"));
});

it("a misspelt scope of the provider's own is no tenant's", async () => {
  for (const [id, scope] of [
    ["okta", "okta.users.raed"],
    ["gitlab", "read_usr"],
    ["harvest", "harvest:al"],
    ["snowflake", "refresh_tokn"],
  ] as const) {
    const provider = await loadProvider(id);
    expect(provider && judgeScopes([scope], { provider })[0]?.verdict).toBe("unknown");
  }
});
