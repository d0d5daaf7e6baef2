import { type ProviderFactsInput, providerShape } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { providerFaults, providerGaps } from "../scripts/provider-faults.ts";

const sound: ProviderFactsInput = {
  id: "acme",
  name: "Acme",
  docsUrl: "https://acme.example/docs",
  scopesDocsUrl: "https://acme.example/scopes",
  registration: { url: "https://acme.example/apps", steps: "Apps, New" },
  confidence: "high",
  authorizationEndpoint: "https://{host}/authorize",
  tokenEndpoint: "https://{host}/token",
  revocation: { endpoint: "https://{host}/revoke" },
  accountIn: { source: "callback", idPath: "team", labelPath: "team" },
  resourceHosts: ["api.{host}"],
  urlParameters: ["host"],
  captures: { callback: ["team"], token: ["api"] },
  offlineAccess: { scopes: ["offline"] },
  refreshParameters: { team: "{callback.team}" },
  accessTokenLifetimeSeconds: 3600,
  rotation: { mode: "strict" },
  defaultScopes: ["read"],
  openTo: [{ source: "^user:.+$" }],
  scopes: {
    read: { description: "Read", sensitivity: "read" },
    write: { description: "Write", sensitivity: "write", implies: ["read"] },
    offline: { description: "Refresh", sensitivity: "basic" },
  },
};

const faultsOf = (changes: Partial<ProviderFactsInput>) => providerFaults(providerShape.parse({ ...sound, ...changes }));

it("a sound provider has no fault and no gap", () => {
  expect(faultsOf({})).toEqual([]);
  expect(providerGaps(providerShape.parse(sound))).toEqual([]);
});

describe("each rule is broken by", () => {
  const read = { description: "Read", sensitivity: "read" } as const;
  const account = { endpoint: "https://{host}/me", idPath: "id", labelPath: "name" };

  it.each<[string, Partial<ProviderFactsInput>, RegExp]>([
    ["a default scope that is not listed", { defaultScopes: ["raed"] }, /defaultScopes: "raed"/],
    ["no default scope", { defaultScopes: [], openTo: [] }, /defaultScopes: name the fewest/],
    ["an offline scope that is not listed", { offlineAccess: { scopes: ["offlin"] } }, /offlineAccess.scopes: "offlin"/],
    ["an offline scope among the defaults", { defaultScopes: ["read", "offline"] }, /only for refreshing/],
    ["an implied scope that is not listed", { scopes: { ...sound.scopes, read: { ...read, implies: ["raed"] } } }, /"raed" is not under/],
    ["a circle of implications", { scopes: { ...sound.scopes, read: { ...read, implies: ["write"] } } }, /implies it in turn/],
    ["a scope twice, but for case", { scopes: { ...sound.scopes, Read: read } }, /by case only/],
    ["a form without anchors", { openTo: [{ source: "user:.+" }] }, /not anchored/],
    ["a form of anything, spaces too", { openTo: [{ source: "^.+$" }] }, /more than scopes/],
    ["a form that takes a listed scope", { openTo: [{ source: "^rea.$" }] }, /takes "read"/],
    ["a placeholder that is not declared", { tokenEndpoint: "https://{realm}.acme.example/token" }, /endpoints: /],
    ["a declared parameter without placeholder", { urlParameters: ["host", "realm"] }, /\{realm\} stands in no endpoint/],
    ["documentation without https", { docsUrl: "http://acme.example" }, /not https/],
    ["a value that was not captured", { refreshParameters: { realm: "{callback.realm}" } }, /\{callback.realm\} is not under captures/],
    ["a secret in a URL", { authorizationParameters: { secret: "{clientSecret}" } }, /authorizationParameters: \{clientSecret\}/],
    ["a word that nothing is put in for", { tokenParameters: { a: "{realm}" } }, /tokenParameters: \{realm\}/],
    ["an API host that an endpoint names already", { resourceHosts: ["{host}"] }, /"\{host\}" is known already/],
    ["an API host with a placeholder of its own", { resourceHosts: ["{shop}.acme.example"] }, /\{shop\} is no URL parameter/],
    ["two ways to the account", { account }, /accountIn: is never read/],
    ["an account in a callback that is not kept", { captures: {}, refreshParameters: {} }, /captures.callback: the account/],
    [
      "an origin that is none",
      { captures: { callback: ["team", "at"] }, callbackOrigin: { parameter: "at", origins: ["https://a.example/"] } },
      /an origin has no path/,
    ],
    ["an origin that is not kept", { callbackOrigin: { parameter: "at", origins: ["https://a.example"] } }, /the origin is read from at/],
    [
      "refresh tokens beside renewal",
      { accessTokenRenewal: { endpoint: "https://{host}/renew", parameters: { grant_type: "renew" } } },
      /goes with offlineAccess: null/,
    ],
    ["a refresh endpoint without refresh tokens", { offlineAccess: null, refreshEndpoint: "https://{host}/r" }, /goes with refresh tokens/],
    ["a plain challenge that is never sent", { pkce: "unsupported", codeChallengeMethod: "plain" }, /goes with pkce/],
    ["a public client without PKCE", { clientAuthentication: "none" }, /nothing else protects/],
  ])("%s", (_, changes, fault) => {
    const faults = faultsOf(changes);
    expect(faults).not.toEqual([]);
    for (const each of faults) expect(each).toMatch(fault);
  });
});

it("what is not known is asked for", () => {
  const {
    registration: _,
    scopesDocsUrl: __,
    accountIn: ___,
    resourceHosts: _______,
    revocation: ____,
    rotation: _____,
    accessTokenLifetimeSeconds: ______,
    ...rest
  } = sound;
  const gaps = providerGaps(providerShape.parse({ ...rest, confidence: "low" }));
  expect(gaps.map((gap) => gap.split(":")[0])).toEqual([
    "registration",
    "scopesDocsUrl",
    "account or accountIn",
    "resourceHosts",
    "revocation",
    "accessTokenLifetimeSeconds",
    "rotation",
    "confidence",
  ]);
});
