import { describe, expect, it } from "vitest";
import { appShape, integrationShape, originShape, publicUrlShape } from "./config.ts";

describe("appShape", () => {
  const client = { clientId: "an-id", clientSecret: { env: "A_SECRET" } };

  it("takes a provider by name, by issuer and by description, and fills in what RFC 6749 would say", () => {
    const app = appShape.parse({
      integrations: {
        oauth: {
          providers: {
            github: client,
            sso: { ...client, provider: { issuer: "https://sso.example.com" } },
            own: { ...client, provider: { authorizationEndpoint: "https://as.example/a", tokenEndpoint: "https://as.example/t" } },
          },
        },
      },
    });
    expect(app.integrations.oauth.providers["own"]?.provider).toMatchObject({
      clientAuthentication: "client_secret_basic",
      scopeSeparator: " ",
      rotation: { mode: "unknown" },
      pkce: "supported",
    });
    expect(app.integrations.oauth.providers["sso"]?.provider).toEqual({ issuer: "https://sso.example.com" });
  });

  it.each([
    ["an unknown key", { ...client, scops: [] }],
    ["a scope with a space", { ...client, scopes: ["read write"] }],
    ["a scope twice", { ...client, scopes: ["read", "read"] }],
    ["an empty client id", { clientId: "" }],
    [
      "a token endpoint without TLS",
      { ...client, provider: { authorizationEndpoint: "https://as.example", tokenEndpoint: "http://as.example" } },
    ],
    ["a redirect path that leaves its origin", { ...client, redirectPath: "//evil.example?" }],
  ])("refuses %s", (_name, integration) => {
    expect(integrationShape.safeParse(integration).success).toBe(false);
  });

  it("refuses an integration id that would not fit a URL", () => {
    const parsed = appShape.safeParse({ integrations: { oauth: { providers: { "Git Hub": client } } } });
    expect(parsed.error?.issues[0]?.path).toEqual(["integrations", "oauth", "providers", "Git Hub"]);
  });
});

describe("publicUrlShape", () => {
  it.each([
    "https://evergrant.example.com",
    "https://example.com/evergrant",
    "http://127.0.0.1:4000",
    "http://localhost:4000",
    "http://[::1]:4000",
  ])("takes %s", (url) => {
    expect(publicUrlShape.safeParse(url).success).toBe(true);
  });
  it.each([
    "http://evergrant.example.com",
    "https://user@example.com",
    "https://example.com/?a",
    "https://example.com/#a",
    "ftp://example.com",
    "example.com",
  ])("refuses %s", (url) => {
    expect(publicUrlShape.safeParse(url).success).toBe(false);
  });
});

describe("originShape", () => {
  it.each(["https://app.example.com", "http://127.0.0.1:3000"])("takes %s", (origin) => {
    expect(originShape.safeParse(origin).success).toBe(true);
  });
  it.each([
    "https://app.example.com/",
    "https://app.example.com/path",
    "https://*.example.com",
    "*",
    "null",
    "https://APP.example.com",
    "file:///x",
  ])("refuses %s", (origin) => {
    expect(originShape.safeParse(origin).success).toBe(false);
  });
});
