import { describe, expect, it } from "vitest";
import { createApiKey } from "../src/create-api-key.ts";
import { appRouter } from "../src/router.ts";
import { type Started, start } from "./start.ts";

const procedures = Object.keys(appRouter._def.procedures);

async function credentials(evergrant: Started): Promise<Record<string, Record<string, string>>> {
  const { database, clock } = evergrant;
  const make = (expiresAt?: string) =>
    createApiKey(
      { database, now: clock.now },
      { name: "short", permissions: ["admin"], ...(expiresAt === undefined ? {} : { expiresAt }) },
    );
  const expired = await make(new Date(clock.now().getTime() + 1_000).toISOString());
  const revoked = await make();
  await evergrant.api.apiKeys.revoke.mutate({ id: revoked.id });
  clock.advance(2_000);
  const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
  return {
    none: {},
    malformed: { authorization: "Bearer" },
    "of another scheme": { authorization: `Basic ${btoa(`x:${evergrant.apiKey}`)}` },
    unknown: bearer(`evergrant_${"0".repeat(16)}_${"A".repeat(43)}`),
    "with a wrong secret": bearer(evergrant.apiKey.slice(0, -1) + (evergrant.apiKey.endsWith("A") ? "B" : "A")),
    expired: bearer(expired.apiKey),
    revoked: bearer(revoked.apiKey),
  };
}

describe("the gate", () => {
  it("answers one constant 401 to every procedure, method and body, whatever is wrong with the credential", async () => {
    await using evergrant = await start();
    const bodies = new Set<string>();
    let asked = 0;
    for (const [name, headers] of Object.entries(await credentials(evergrant))) {
      for (const path of [...procedures, "no.such", `${procedures.join(",")}?batch=1`, "%ff", ""]) {
        for (const init of [
          {},
          { method: "POST", body: "{}" },
          { method: "POST", body: "{not json" },
          { method: "PUT" },
          { method: "DELETE" },
        ]) {
          const response = await evergrant.app.request(`/trpc/${path}`, { ...init, headers });
          expect(response.status, `${name}: ${path}`).toBe(401);
          expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
          bodies.add(await response.text());
          asked += 1;
        }
        const head = await evergrant.app.request(`/trpc/${path}`, { method: "HEAD", headers });
        expect(head.status).toBe(401);
      }
    }
    expect(bodies.size).toBe(1);
    expect(asked).toBeGreaterThan(procedures.length * 7 * 5);
  });

  it("guards whatever is not public by list", async () => {
    await using evergrant = await start();
    for (const path of ["/", "/trpc", "/metrics", "/connect", "/oauth", "/admin", "/.env"]) {
      expect((await evergrant.app.request(path)).status, path).toBe(401);
    }
    for (const path of ["/healthz", "/readyz"]) expect((await evergrant.app.request(path)).status).toBe(200);
  });

  it("accepts the bootstrap key from the environment", async () => {
    await using evergrant = await start({ app: { bootstrapKey: "a bootstrap key that is long enough for anybody".replaceAll(" ", "-") } });
    expect(await evergrant.as("a-bootstrap-key-that-is-long-enough-for-anybody").config.list.query()).toHaveLength(1);
  });
});

describe("permissions", () => {
  it("a key for some integrations neither sees nor uses the others", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const elsewhere = evergrant.as(await evergrant.apiKeyFor(["admin"], { integrations: ["another"] }));
    expect(await elsewhere.connections.list.query({})).toEqual({ connections: [], nextCursor: null });
    expect(await elsewhere.integrations.list.query()).toEqual([]);
    expect(await elsewhere.events.list.query({})).toEqual({ events: [], nextAfter: null });
    for (const refused of [
      elsewhere.connections.get.query({ connectionId }),
      elsewhere.connections.disconnect.mutate({ connectionId }),
      elsewhere.tokens.get.query({ connectionId }),
      elsewhere.tokens.get.query({ connectionId, integration: "another" }),
      elsewhere.tokens.get.query({ integration: "sandbox", subject: "alice" }),
      elsewhere.tokens.refresh.mutate({ connectionId, ifGeneration: 1 }),
      elsewhere.tokens.status.query({ connectionId }),
      elsewhere.config.get.query({ integration: "sandbox" }),
      elsewhere.scopes.list.query({ integration: "sandbox" }),
      elsewhere.connections.authorize.mutate({ integration: "sandbox", subject: "alice" }),
    ]) {
      await expect(refused).rejects.toMatchObject({ data: { httpStatus: 404 } });
    }
    await expect(elsewhere.apiKeys.create.mutate({ name: "wider", permissions: ["admin"] })).rejects.toMatchObject({
      data: { httpStatus: 403 },
    });
  });
});

describe("CORS", () => {
  it("echoes exactly the allowed origins, also on 401, and never allows credentials", async () => {
    await using evergrant = await start({ config: () => ({ allowedOrigins: ["https://app.example.com"] }) });
    for (const [origin, allowed] of [
      ["https://app.example.com", "https://app.example.com"],
      ["https://app.example.com.evil.example", null],
      ["http://app.example.com", null],
      ["null", null],
    ] as const) {
      const response = await evergrant.app.request("/trpc/config.list", { headers: { origin } });
      expect(response.status).toBe(401);
      expect(response.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
      expect(response.headers.get("vary")).toMatch(/origin/i);
      const preflight = await evergrant.app.request("/trpc/config.list", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type" },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-allow-origin")).toBe(allowed);
    }
  });
});

describe("bad input", () => {
  it("names the field and the mend, and is never a 500", async () => {
    await using evergrant = await start();
    const { api } = evergrant;
    const connectionId = "con_doesnotexist0000";
    await expect(api.tokens.get.query({ connectionId })).rejects.toMatchObject({ data: { httpStatus: 404, reason: "unknown_connection" } });
    await expect(api.tokens.get.query({ connectionId: "nonsense" })).rejects.toThrow(/connectionId/);
    await expect(api.tokens.get.query({ integration: "none", subject: "alice" })).rejects.toMatchObject({
      data: { reason: "unknown_integration" },
    });
    await expect(api.connections.authorize.mutate({ integration: "sandbox", subject: "" })).rejects.toThrow(/subject: must not be empty/);
    await expect(api.connections.list.query({ limit: 0 })).rejects.toThrow(/limit/);
    for (const body of ["", "null", "[]", '{"connectionId":{"__proto__":{}}}', `"${"x".repeat(2_000_000)}"`, "{not json"]) {
      const response = await evergrant.app.request("/trpc/tokens.get", {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${evergrant.apiKey}`, "content-type": "application/json" },
      });
      expect(response.status, body.slice(0, 30)).toBeGreaterThanOrEqual(400);
      expect(response.status, body.slice(0, 30)).toBeLessThan(500);
      expect(await response.text()).not.toMatch(/at .*\.ts|node_modules/);
    }
  });

  it("takes at most a hundred calls a batch", async () => {
    await using evergrant = await start();
    const headers = { authorization: `Bearer ${evergrant.apiKey}` };
    const batch = (calls: number, comma: string) =>
      evergrant.app.request(`/trpc/${Array(calls).fill("config.list").join(comma)}?batch=1&input={}`, { headers });
    for (const comma of [",", "%2C", "%2c"]) {
      expect((await batch(100, comma)).status, comma).toBe(200);
      expect((await batch(101, comma)).status, comma).toBe(400);
    }
  });

  it("looks at who may follow a stream however its name is written, before anything of it goes out", async () => {
    await using evergrant = await start();
    const headers = { authorization: `Bearer ${await evergrant.apiKeyFor(["tokens:read"])}` };
    for (const name of ["events.stream", "events.stream/", "events%2Estream", "events%2estream//"]) {
      expect((await evergrant.app.request(`/trpc/${name}`, { headers })).status, name).toBe(403);
    }
  });
});
