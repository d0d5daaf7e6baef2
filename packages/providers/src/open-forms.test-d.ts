import { describe, expectTypeOf, it } from "vitest";
import { tenantScopes } from "../test/tenant-scopes.ts";
import type { Catalogue, ProviderId } from "./catalogue.ts";
import type { Provider } from "./provider.ts";

type ListedBy<Id extends ProviderId> = Catalogue[Id] extends Provider<infer _Id, infer Scope> ? Scope : never;
type FormOf<Id extends ProviderId> =
  Catalogue[Id] extends Provider<infer _Id, infer _Scope, infer _Default, infer _Parameter, infer Form> ? Form : never;

/** Providers whose tenants may choose any name at all. */
type OpenToAnyName = { [Id in ProviderId]: string extends FormOf<Id> ? Id : never }[ProviderId];

describe("the template type of each form", () => {
  it("takes what its regular expression takes", () => {
    expectTypeOf(tenantScopes).toExtend<{ readonly [Id in keyof typeof tenantScopes]: readonly FormOf<Id>[] }>();
  });

  it("takes no listed scope, as no expression does", () => {
    type Taken = { [Id in Exclude<ProviderId, OpenToAnyName>]: Extract<ListedBy<Id>, FormOf<Id>> }[Exclude<ProviderId, OpenToAnyName>];
    expectTypeOf<Taken>().toEqualTypeOf<never>();
    expectTypeOf<"read_user">().toExtend<ListedBy<"gitlab">>();
  });

  it("is any name where tenants choose freely, and only there", () => {
    expectTypeOf<OpenToAnyName>().toEqualTypeOf<"auth0" | "authentik" | "keycloak" | "okta">();
  });
});
