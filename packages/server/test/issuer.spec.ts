import { describe, expect, it } from "vitest";
import { sandboxIntegration, start } from "./start.ts";

const ofIssuer = (sandbox: Parameters<typeof sandboxIntegration>[0], more: object = {}) => {
  const { parameters: _parameters, scopes: _scopes, optionalScopes: _optional, ...client } = sandboxIntegration(sandbox);
  return { ...client, provider: { issuer: sandbox.issuer }, ...more };
};

describe("an issuer that is discovered", () => {
  it("connects, refreshes and disconnects by its metadata alone", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sso: ofIssuer(sandbox, { scopes: ["openid", "email"] }) } }),
    });
    const connectionId = await evergrant.connect("alice", { integration: "sso" });
    const connection = await evergrant.api.connections.get.query({ connectionId });
    expect(connection).toMatchObject({ account: { id: "alice", label: "alice@sandbox.example" }, missingScopes: [] });
    evergrant.clock.advanceTo(connection.expiresAt);
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active", generation: 2 });
    expect(await evergrant.api.connections.disconnect.mutate({ connectionId })).toMatchObject({ revocation: "revoked" });
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
  });

  it("asks for openid where no scopes are named", async () => {
    await using evergrant = await start({ config: (sandbox) => ({ providers: { sso: ofIssuer(sandbox) } }) });
    const connectionId = await evergrant.connect("alice", { integration: "sso" });
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ requestedScopes: ["openid"] });
  });

  it("is taken at its word where it writes null, or nothing, for what it does not have", async () => {
    const nothing = {
      revocation_endpoint: "",
      userinfo_endpoint: null,
      scopes_supported: "openid",
      code_challenge_methods_supported: null,
      authorization_response_iss_parameter_supported: null,
    };
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sso: ofIssuer(sandbox, { scopes: ["openid"] }) } }),
      app: {
        fetch: async (url, init) => {
          const response = await fetch(url, { ...init, redirect: "manual" });
          if (!url.includes("/.well-known/")) return response;
          return Response.json({ ...((await response.json()) as object), ...nothing });
        },
      },
    });
    const connectionId = await evergrant.connect("alice", { integration: "sso" });
    expect(await evergrant.api.tokens.get.query({ connectionId })).toMatchObject({ status: "active" });
  });

  it("has its scopes checked against scopes_supported", async () => {
    await using evergrant = await start({ config: (sandbox) => ({ providers: { sso: ofIssuer(sandbox, { scopes: ["notes:raed"] }) } }) });
    await expect(evergrant.api.connections.authorize.mutate({ integration: "sso", subject: "alice" })).rejects.toThrow(
      /notes:raed.*notes:read/,
    );
  });

  it("must call itself exactly what it was called", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sso: ofIssuer(sandbox, { provider: { issuer: `${sandbox.issuer}/` } }) } }),
    });
    await expect(evergrant.api.connections.authorize.mutate({ integration: "sso", subject: "alice" })).rejects.toMatchObject({
      data: { reason: "integration_unavailable" },
    });
  });
});
