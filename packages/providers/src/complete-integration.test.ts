import { describe, expect, it } from "vitest";
import { type DiscoveredServer, completeIntegration } from "./complete-integration.ts";
import { resolveIntegration } from "./resolve-integration.ts";
import type { ResolvedIntegration } from "./resolved-config.ts";

const endpoints = {
  issuer: "https://sso.acme.example",
  authorizationEndpoint: "https://sso.acme.example/authorize",
  tokenEndpoint: "https://sso.acme.example/token",
};
const discovered: DiscoveredServer = { facts: endpoints, scopesSupported: ["openid", "email", "files.read", "not a scope"] };

async function integration(id: string, definition: object): Promise<ResolvedIntegration> {
  const resolution = await resolveIntegration(id, { clientId: "client-7", ...definition }, { environment: {}, literalSecrets: "refused" });
  if (!resolution.ok) throw new Error(resolution.faults[0]?.message);
  return resolution.integration;
}

function acme(definition: object = {}): Promise<ResolvedIntegration> {
  return integration("acme", { provider: { issuer: "https://sso.acme.example" }, ...definition });
}

describe("completeIntegration", () => {
  it("puts the facts in, with every default, and the scopes that the server supports", async () => {
    const completion = completeIntegration(await acme({ scopes: ["openid", "files.read"] }), discovered);
    expect(completion).toMatchObject({
      ok: true,
      facts: { ...endpoints, clientAuthentication: "client_secret_basic", scopes: { openid: {}, email: {}, "files.read": {} } },
      integration: { id: "acme", scopes: ["openid", "files.read"], server: { kind: "facts", facts: endpoints } },
    });
    expect(completion.ok && Object.keys(completion.facts.scopes ?? {})).toEqual(["openid", "email", "files.read"]);
  });

  it("refuses a scope that the server does not support, with the nearest that it does", async () => {
    const completion = completeIntegration(await acme({ scopes: ["openid"], optionalScopes: ["files.raed"] }), discovered);
    expect(completion).toEqual({
      ok: false,
      faults: [
        {
          path: "integrations.oauth.providers.acme.optionalScopes[0]",
          message: 'https://sso.acme.example has no scope "files.raed" (integration "acme")',
          mend: expect.stringMatching(/^did you mean "files.read"/),
        },
      ],
    });
  });

  it("takes a scope that the server keeps to itself where the integration allows it", async () => {
    expect(completeIntegration(await acme({ scopes: ["secret.one"], allowUnlistedScopes: ["secret.one"] }), discovered).ok).toBe(true);
  });

  it("takes any scope where the server lists none", async () => {
    const completion = completeIntegration(await acme({ scopes: ["anything"] }), { ...discovered, scopesSupported: null });
    expect(completion).toMatchObject({ ok: true, integration: { scopes: ["anything"] } });
    expect(completion.ok && "scopes" in completion.facts).toBe(false);
  });

  it("asks for openid where nothing is asked for and the server knows it", async () => {
    expect(completeIntegration(await acme(), discovered)).toMatchObject({ ok: true, integration: { scopes: ["openid"] } });
    expect(completeIntegration(await acme(), { ...discovered, scopesSupported: ["files.read"] })).toMatchObject({
      ok: true,
      integration: { scopes: [] },
    });
  });

  it("refuses metadata whose endpoints cannot be used", async () => {
    const completion = completeIntegration(await acme(), {
      ...discovered,
      facts: { ...endpoints, tokenEndpoint: "http://sso.acme.example/token" },
    });
    expect(completion).toMatchObject({ ok: false, faults: [{ path: "integrations.oauth.providers.acme.provider.tokenEndpoint" }] });
  });

  it("leaves an integration as it is that has its facts", async () => {
    const github = await integration("github", {});
    expect(completeIntegration(github, discovered)).toMatchObject({
      ok: true,
      integration: github,
      facts: { tokenEndpoint: "https://github.com/login/oauth/access_token" },
    });
  });
});
