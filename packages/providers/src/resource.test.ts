import { expect, it } from "vitest";
import { resolveIntegration } from "./resolve-integration.ts";

async function resourceOf(id: string, definition: object) {
  const client = { clientId: "c", clientSecret: "s", ...definition };
  const resolved = await resolveIntegration(id, client, { environment: {}, literalSecrets: "accepted" });
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.faults));
  return resolved.integration.resource;
}

it("a token may go to the provider's API, where and as the catalogue has it, and to hosts that the config adds", async () => {
  expect(await resourceOf("google", { resourceHosts: ["Script.example.com"] })).toMatchObject({
    hosts: ["oauth2.googleapis.com", "openidconnect.googleapis.com", "*.googleapis.com", "script.example.com"],
    header: "Authorization",
    scheme: null,
  });
  expect(await resourceOf("slack", {})).toMatchObject({ scheme: "Bearer", refusals: [{ status: 200, member: "error" }] });
});

it("a host that the config names by parameters is the filled one", async () => {
  expect(await resourceOf("shopify", { parameters: { shop: "acme" } })).toMatchObject({
    hosts: ["acme.myshopify.com"],
    header: "X-Shopify-Access-Token",
    scheme: "",
  });
});

it("of a server that is only described or discovered, the host that issues the tokens is the only one known", async () => {
  expect((await resourceOf("sso", { provider: { issuer: "https://sso.example.com/realms/one" }, scopes: ["openid"] })).hosts).toEqual([
    "sso.example.com",
  ]);
  const provider = { authorizationEndpoint: "https://login.acme.example/authorize", tokenEndpoint: "https://acme.example:8443/token" };
  expect((await resourceOf("acme", { provider })).hosts).toEqual(["acme.example:8443"]);
});

it("a host with a scheme, or a wildcard for everybody's, is a fault of the config", async () => {
  for (const host of ["https://api.example.com", "*", "*.com", "api.example.com/v1"]) {
    const client = { clientId: "c", clientSecret: "s", resourceHosts: [host] };
    expect(await resolveIntegration("github", client, { environment: {}, literalSecrets: "accepted" })).toMatchObject({
      ok: false,
      faults: [{ path: expect.stringContaining("resourceHosts") }],
    });
  }
});
