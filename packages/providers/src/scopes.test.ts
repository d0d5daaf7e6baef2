import { type ProviderFacts, inlineProviderShape } from "@evergrant/schema";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadProvider, providerIds } from "./catalogue.ts";
import { declaredScopes, heldScopes, judgeScopes, missingScopes, parseGrantedScopes, spellings } from "./scopes.ts";

const provider = inlineProviderShape.parse({
  authorizationEndpoint: "https://sso.example.com/authorize",
  tokenEndpoint: "https://sso.example.com/token",
  scopes: {
    admin: { description: "Everything", sensitivity: "admin", implies: ["write"] },
    write: { description: "Write", sensitivity: "write", implies: ["read"] },
    read: { description: "Read", sensitivity: "read" },
    email: { description: "Read the address", sensitivity: "basic", aliases: ["https://sso.example.com/userinfo.email"] },
    offline: { description: "Refresh", sensitivity: "basic", aliases: ["offline_access"] },
    bare: {},
  },
  aliasPrefixes: ["https://api.example.com/"],
  openTo: [{ source: "^team:.+$" }, { source: "^https://.+$" }],
  defaultScopes: ["read"],
  offlineAccess: { scopes: ["offline"] },
});
const { scopes: _scopes, ...rest } = provider;
const unlisted = { ...rest, openTo: [] };

const catalogue = new Map(await Promise.all(providerIds.map(async (id) => [id, await factsOf(id)] as const)));
const withScopes = [...catalogue].filter(([, { scopes }]) => Object.keys(scopes).length > 0);
/** A real provider with some of its scopes, and in `any` with some that it never heard of. */
const anyProvider = fc.constantFrom(...withScopes).chain(([id, { scopes }]) => {
  const listed = fc.constantFrom(...Object.keys(scopes));
  const any = fc.oneof(listed, fc.stringMatching(/^[a-z:./]{1,20}$/));
  return fc.record({ id: fc.constant(id), listed, any: fc.uniqueArray(any, { maxLength: 12 }) });
});

function verdicts(list: string[], rules: Partial<Parameters<typeof judgeScopes>[1]> = {}): string[] {
  return judgeScopes(list, { provider, ...rules }).map(({ verdict }) => verdict);
}

describe("judgeScopes", () => {
  it("knows what the provider lists, in every spelling", () => {
    const list = ["read", "https://sso.example.com/userinfo.email", "https://api.example.com/read", "offline_access"];
    expect(verdicts(list)).toEqual(["known", "known", "known", "known"]);
    expect(judgeScopes(list.slice(1, 2), { provider })).toEqual([
      {
        scope: "https://sso.example.com/userinfo.email",
        verdict: "known",
        description: "Read the address",
        sensitivity: "basic",
        nearest: [],
      },
    ]);
  });

  it("says what is near a scope that there is not", () => {
    expect(judgeScopes(["wriet"], { provider })).toEqual([
      { scope: "wriet", verdict: "unknown", description: null, sensitivity: null, nearest: ["write"] },
    ]);
  });

  it("lets tenants name scopes of their own, in their forms only", () => {
    expect(verdicts(["team:blue", "https://other.example/read", "xteam:blue", "team:"])).toEqual([
      "tenant",
      "tenant",
      "unknown",
      "unknown",
    ]);
  });

  it("matches a form from end to end, even where it has no anchors", () => {
    expect(verdicts(["xteam:bluex"], { provider: { ...provider, openTo: [{ source: "team:blue|team:red" }] } })).toEqual(["unknown"]);
  });

  it("takes no typo under the provider's own prefix for a tenant's scope", () => {
    expect(judgeScopes(["https://api.example.com/raed"], { provider })[0]).toMatchObject({ verdict: "unknown", nearest: ["read"] });
  });

  it("allows what the integration allows, and nothing else", () => {
    expect(verdicts(["brand.new", "brand.old"], { allowUnlistedScopes: ["brand.new"] })).toEqual(["allowed", "unknown"]);
  });

  it("lets every scope pass where nobody knows the list, and none where the list is empty", () => {
    expect(verdicts(["anything"], { provider: unlisted })).toEqual(["allowed"]);
    expect(verdicts(["anything"], { provider: { ...unlisted, scopes: {} } })).toEqual(["unknown"]);
  });

  it("is not taken in by words that every object has", () => {
    expect(verdicts(["constructor", "toString", "__proto__"])).toEqual(["unknown", "unknown", "unknown"]);
  });

  it("calls a real scope outside the ceiling excess, and an unreal one unknown", () => {
    expect(verdicts(["read", "write", "team:blue", "nonsense"], { ceiling: ["read"] })).toEqual(["known", "excess", "excess", "unknown"]);
  });

  it("finds no excess in what the ceiling implies, spells otherwise, or needs for a refresh token", () => {
    const list = ["read", "https://api.example.com/write", "offline", "offline_access"];
    expect(verdicts(list, { ceiling: ["admin"] })).toEqual(["known", "known", "known", "known"]);
  });

  it("knows no scope one edit away from a listed one, unless that is listed too", () => {
    const edit = fc.record({ at: fc.nat(), letter: fc.constantFrom("a", "x", ".", ":", "R", ""), replaced: fc.constantFrom(0, 1) });
    fc.assert(
      fc.property(anyProvider, edit, ({ id, listed: scope }, { at, letter, replaced }) => {
        const facts = known(id);
        const place = at % scope.length;
        const edited = scope.slice(0, place) + letter + scope.slice(place + replaced);
        const real = realNames(facts).has(edited);
        expect(judgeScopes([edited], { provider: facts })[0]?.verdict === "known").toBe(real);
      }),
      { numRuns: 300 },
    );
  });
});

describe("missingScopes", () => {
  it("counts what a granted scope implies, and not the other way", () => {
    expect(missingScopes(["read", "write"], ["admin"], provider)).toEqual([]);
    expect(missingScopes(["admin", "write"], ["read"], provider)).toEqual(["admin", "write"]);
  });

  it("takes one spelling for the other, both ways", () => {
    expect(missingScopes(["email"], ["https://sso.example.com/userinfo.email"], provider)).toEqual([]);
    expect(missingScopes(["https://sso.example.com/userinfo.email"], ["email"], provider)).toEqual([]);
    expect(missingScopes(["read"], ["https://api.example.com/write"], provider)).toEqual([]);
    expect(missingScopes(["https://api.example.com/read"], ["write"], provider)).toEqual([]);
  });

  it("never misses what is only there for a refresh token", () => {
    expect(missingScopes(["offline", "offline_access", "read"], [], provider)).toEqual(["read"]);
  });

  it("compares word for word where nothing is known", () => {
    expect(missingScopes(["read", "write"], ["write"], null)).toEqual(["read"]);
    expect(missingScopes(["read"], ["write"], unlisted)).toEqual(["read"]);
  });

  it("misses nothing of what is granted as asked", () => {
    fc.assert(
      fc.property(anyProvider, ({ id, any }) => {
        expect(missingScopes(any, any, known(id))).toEqual([]);
      }),
    );
  });

  it("implication is transitive, and mutual only between spellings of one scope", () => {
    fc.assert(
      fc.property(anyProvider, ({ id, listed: scope }) => {
        const facts = known(id);
        for (const implied of heldScopes([scope], facts)) {
          for (const further of heldScopes([implied], facts)) expect(heldScopes([scope], facts)).toContain(further);
          expect(heldScopes([implied], facts).has(scope)).toBe(spellings(scope, facts).includes(implied));
        }
      }),
    );
  });

  it("more granted never means more missing", () => {
    fc.assert(
      fc.property(anyProvider, fc.nat(12), ({ id, any }, cut) => {
        const fewer = missingScopes(any, any.slice(0, cut), known(id));
        const more = missingScopes(any, any.slice(0, cut + 1), known(id));
        for (const scope of more) expect(fewer).toContain(scope);
      }),
    );
  });
});

describe("spellings of real providers", () => {
  it.each([
    ["google", "email", "https://www.googleapis.com/auth/userinfo.email"],
    ["google", "https://www.googleapis.com/auth/userinfo.profile", "profile"],
    ["microsoft", "User.Read", "https://graph.microsoft.com/User.Read"],
    ["salesforce", "offline_access", "refresh_token"],
    ["github", "public_repo", "repo"],
    ["gitlab", "read_user", "api"],
    ["google", "https://www.googleapis.com/auth/drive.metadata.readonly", "https://www.googleapis.com/auth/drive"],
    ["microsoft", "https://graph.microsoft.com/Mail.Read", "Mail.ReadWrite"],
  ])("%s: %s is there where %s was granted", (id, required, granted) => {
    expect(missingScopes([required], [granted], known(id))).toEqual([]);
  });
});

describe("declaredScopes", () => {
  it("takes the provider's defaults where none are named", () => {
    expect(declaredScopes({}, provider)).toEqual({
      scopes: ["read"],
      optionalScopes: [],
      offlineScopes: ["offline"],
      ceiling: ["read", "offline"],
    });
    expect(declaredScopes({ scopes: [] }, provider).scopes).toEqual([]);
  });

  it("adds what a refresh token needs, once, in whichever spelling it is named", () => {
    expect(declaredScopes({ scopes: ["read", "offline"], optionalScopes: ["write"] }, provider)).toEqual({
      scopes: ["read", "offline"],
      optionalScopes: ["write"],
      offlineScopes: [],
      ceiling: ["read", "offline", "write"],
    });
    expect(declaredScopes({ scopes: ["offline_access"] }, provider).offlineScopes).toEqual([]);
  });

  it("needs nothing more where the provider issues no refresh token", () => {
    expect(declaredScopes({}, { ...provider, offlineAccess: null }).offlineScopes).toEqual([]);
  });
});

describe("parseGrantedScopes", () => {
  it.each([
    ["read write", ["read", "write"]],
    ["read,write", ["read", "write"]],
    [" read,  write read ", ["read", "write"]],
    ["", []],
    [
      ["read", "write"],
      ["read", "write"],
    ],
    [
      ["read write", 7, "admin"],
      ["read", "write", "admin"],
    ],
    [[], []],
    [undefined, null],
    [null, null],
    [7, null],
    [{ scope: "read" }, null],
  ])("%j → %j", (raw, granted) => expect(parseGrantedScopes(raw)).toEqual(granted));

  it("reads back any list, however it was joined", () => {
    fc.assert(
      fc.property(anyProvider, fc.constantFrom(" ", ",", ", "), ({ any }, separator) => {
        expect(parseGrantedScopes(any.join(separator))).toEqual(any);
        expect(parseGrantedScopes(any)).toEqual(any);
      }),
    );
  });
});

async function factsOf(id: string): Promise<ProviderFacts> {
  const facts = await loadProvider(id);
  if (facts === undefined) throw new Error(`${id} is not in the catalogue`);
  return facts;
}

function known(id: string): ProviderFacts {
  const facts = catalogue.get(id);
  if (facts === undefined) throw new Error(`${id} is not in the catalogue`);
  return facts;
}

function realNames({ scopes, aliasPrefixes }: ProviderFacts): Set<string> {
  const listed = Object.keys(scopes);
  const aliases = Object.values(scopes).flatMap((scope) => scope.aliases ?? []);
  return new Set([...listed, ...aliases, ...aliasPrefixes.flatMap((prefix) => listed.map((scope) => prefix + scope))]);
}
