import { inlineProviderShape } from "@evergrant/schema";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillUrlParameters } from "./url-parameters.ts";

const provider = inlineProviderShape.parse({
  issuer: "https://{host}",
  authorizationEndpoint: "https://{host}/{realm}/authorize",
  tokenEndpoint: "https://{shop}.shops.example/token",
  refreshEndpoint: "http://127.0.0.1:{port}/refresh",
  revocation: { endpoint: "https://{host}/revoke" },
  account: { endpoint: "https://api.example/{realm}?shop={shop}", idPath: "id", labelPath: "name" },
  urlParameters: ["host", "realm", "shop", "port"],
});
const sound = { host: "git.example.com:8443", realm: "main", shop: "acme", port: "4010" };

function fill(parameters: Record<string, string>) {
  return fillUrlParameters(provider, { parameters, providerName: "Acme", path: "integrations.oauth.providers.acme" });
}

describe("fillUrlParameters", () => {
  it("fills every endpoint and leaves no placeholder", () => {
    const { facts, faults } = fill(sound);
    expect(faults).toEqual([]);
    expect(facts).toMatchObject({
      issuer: "https://git.example.com:8443",
      authorizationEndpoint: "https://git.example.com:8443/main/authorize",
      tokenEndpoint: "https://acme.shops.example/token",
      refreshEndpoint: "http://127.0.0.1:4010/refresh",
      revocation: { endpoint: "https://git.example.com:8443/revoke" },
      account: { endpoint: "https://api.example/main?shop=acme" },
      urlParameters: [],
    });
    expect(JSON.stringify(facts)).not.toMatch(/\{(host|realm|shop|port)\}/);
  });

  it("asks for each parameter that is missing, with an example that would do", () => {
    const { faults } = fill({ host: "git.example.com", shop: "acme" });
    expect(faults).toEqual([
      {
        path: "integrations.oauth.providers.acme.parameters",
        message: 'Acme needs the parameter "realm"',
        mend: 'add parameters: { realm: "acme" }',
      },
      {
        path: "integrations.oauth.providers.acme.parameters",
        message: 'Acme needs the parameter "port"',
        mend: 'add parameters: { port: "4010" }',
      },
    ]);
  });

  it("refuses what it does not know, and guesses what was meant", () => {
    const { faults } = fill({ ...sound, relam: "x", constructor: "x" });
    expect(faults).toEqual([
      {
        path: "integrations.oauth.providers.acme.parameters.relam",
        message: 'Acme has no parameter "relam"',
        mend: 'did you mean "realm"?',
      },
      {
        path: "integrations.oauth.providers.acme.parameters.constructor",
        message: 'Acme has no parameter "constructor"',
        mend: "remove it",
      },
    ]);
  });

  it.each([
    ["host", "https://git.example.com"],
    ["host", "git.example.com/evil"],
    ["host", "user@evil.example"],
    ["host", "git.example.com?x"],
    ["host", "git.example.com#x"],
    ["host", "git .example.com"],
    ["host", String.raw`git.example.com\evil`],
    ["host", "git.example.com:443@evil.example"],
    ["host", "%67it.example"],
    ["host", "-git.example.com"],
    ["host", "git.example.com:99999"],
    ["shop", "acme:80"],
    ["shop", "evil.example/"],
    ["port", "80/evil"],
    ["port", "0"],
    ["port", "4010@evil.example"],
    ["port", "99999"],
    ["realm", ".."],
    ["realm", "."],
    ["realm", "a/b"],
    ["realm", "a?b"],
    ["realm", "a%2fb"],
    ["realm", "{host}"],
    ["realm", ""],
  ])("refuses %s: %j, without repeating it", (name, value) => {
    const { faults } = fill({ ...sound, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]?.path).toMatch(/^integrations\.oauth\.providers\.acme\.parameters/);
    // Short ones are everywhere: they would be found in any text.
    expect(value.length > 4 && JSON.stringify(faults).includes(value)).toBe(false);
  });

  it("wants a placeholder of which it was not told to be a fault", () => {
    const undeclared = inlineProviderShape.parse({
      authorizationEndpoint: "https://a.example/{realm}",
      tokenEndpoint: "https://a.example/token",
    });
    expect(fillUrlParameters(undeclared, { parameters: {}, providerName: "A", path: "a" }).faults).toHaveLength(1);
  });

  it("whatever the values, the hosts that are fixed stay, and so do the paths", () => {
    const value = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.stringMatching(/^[a-z.:/@?#\\%-]{1,12}$/),
      fc.stringMatching(/^[a-z0-9.-]{1,12}$/),
    );
    fc.assert(
      fc.property(value, value, value, value, (host, realm, shop, port) => {
        const { facts, faults } = fill({ host, realm, shop, port });
        if (faults.length > 0) return;
        expect(new URL(facts.tokenEndpoint).hostname.endsWith(".shops.example")).toBe(true);
        expect(new URL(facts.refreshEndpoint ?? "").hostname).toBe("127.0.0.1");
        expect(new URL(facts.account?.endpoint ?? "").host).toBe("api.example");
        expect(new URL(facts.authorizationEndpoint).pathname).toMatch(/^\/[^/]+\/authorize$/);
      }),
      { numRuns: 500 },
    );
  });
});
