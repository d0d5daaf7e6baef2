import { sandboxIntegration, start } from "./start.ts";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { integrations } from "../src/tables.ts";

describe("US-INTEG-OAUTH-001: configure OAuth integrations", () => {
  it("API-INTEG-OAUTH-CONFIG-001: an OAuth provider is configurable in the app schema, and a connection can be made through it", async () => {
    await using evergrant = await start();

    const integration = await evergrant.api.config.get.query({ integration: "sandbox" });
    expect(integration).toMatchObject({
      id: "sandbox",
      name: "Sandbox",
      source: "file",
      provider: "sandbox",
      scopes: ["notes:read"],
      optionalScopes: ["notes:write"],
      redirectUri: "http://127.0.0.1:4000/oauth/callback/sandbox",
    });
    const connectionId = await evergrant.connect("alice");
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({
      integration: "sandbox",
      subject: "alice",
      status: "active",
    });
  });

  it("API-INTEG-OAUTH-CONFIG-002: client id and secret are stored sealed, and never come out", async () => {
    await using evergrant = await start();
    const { clientId, clientSecret } = evergrant.sandbox.client;

    const definition = { ...sandboxIntegration(evergrant.sandbox), clientId, clientSecret };
    const put = await evergrant.api.config.put.mutate({ integration: "at-run-time", definition });
    expect(put.integration.clientSecret).toEqual({ set: true, fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/) });
    // One secret, one fingerprint, wherever it is kept.
    const fromFile = await evergrant.api.config.get.query({ integration: "sandbox" });
    expect(fromFile.clientSecret).toEqual(put.integration.clientSecret);
    expect(JSON.stringify([put, fromFile, await evergrant.api.config.list.query()])).not.toContain(clientSecret);

    const [row] = await evergrant.database.orm.select().from(integrations).where(eq(integrations.id, "at-run-time"));
    expect(row?.clientSecret?.byteLength).toBeGreaterThan(clientSecret.length);
    for (const bytes of [row?.clientId, row?.clientSecret, Buffer.from(JSON.stringify(row?.definition))]) {
      expect(Buffer.from(bytes ?? []).includes(clientSecret)).toBe(false);
      expect(Buffer.from(bytes ?? []).includes(clientId)).toBe(false);
    }
    // Sealed, and still of use: another process opens them.
    evergrant.sandbox.registerRedirectUri("http://127.0.0.1:4000/oauth/callback/at-run-time");
    await evergrant.another();
    expect(await evergrant.connect("alice", { integration: "at-run-time" })).toMatch(/^con_/);
  });

  it("API-INTEG-OAUTH-CONFIG-003: several providers are configured side by side, each with its own client and connections", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({
        providers: {
          sandbox: sandboxIntegration(sandbox),
          writing: { ...sandboxIntegration(sandbox), name: "Writing", scopes: ["notes:write"], optionalScopes: [] },
          github: { clientId: "an-id", clientSecret: "a-secret", scopes: ["read:user"] },
        },
      }),
    });

    expect((await evergrant.api.config.list.query()).map(({ id, provider }) => [id, provider])).toEqual([
      ["github", "github"],
      ["sandbox", "sandbox"],
      ["writing", "sandbox"],
    ]);
    const reading = await evergrant.connect("alice");
    const writing = await evergrant.connect("alice", { integration: "writing" });
    expect(writing).not.toBe(reading);
    expect(await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" })).toMatchObject({ connectionId: reading });
    expect(await evergrant.api.tokens.get.query({ integration: "writing", subject: "alice" })).toMatchObject({ connectionId: writing });
  });

  it("API-INTEG-OAUTH-CONFIG-004: config procedures return 401 without authentication", async () => {
    await using evergrant = await start();
    for (const path of ["config.list", "config.get", "config.put", "config.remove", "integrations.list"]) {
      expect((await evergrant.app.request(`/trpc/${path}`)).status).toBe(401);
      expect((await evergrant.app.request(`/trpc/${path}`, { method: "POST", body: "{}" })).status).toBe(401);
    }
  });
});
