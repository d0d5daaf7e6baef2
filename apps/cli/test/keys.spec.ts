import { expect, it } from "vitest";
import { z } from "zod";
import { makeFolder } from "./evergrant.ts";

const config = { publicUrl: "https://evergrant.example.com", integrations: { oauth: { providers: {} } } };
const keyShape = z.object({ apiKey: z.string(), permissions: z.array(z.string()), expiresAt: z.iso.datetime() });

it("keys generate, api-keys create: enough for a server in production and a backend that calls it", async () => {
  using folder = makeFolder(config);
  const generated = await folder.run(["keys", "generate", "--id", "2026-11"]);
  expect(generated.stdout).toMatch(/^2026-11:[A-Za-z0-9+/]{43}=\n$/);
  const env = { NODE_ENV: "production", EVERGRANT_ENCRYPTION_KEYS: generated.stdout.trim() };

  const early = await folder.run(["api-keys", "create", "--name", "backend", "--permissions", "admin"], env);
  expect(early.code).toBe(1);
  expect(early.stderr).toContain("run `evergrant migrate` first");

  await using server = await folder.serve([], env);
  const created = await folder.run(
    ["api-keys", "create", "--name", "backend", "--permissions", "connections:read, tokens:read", "--expires", "90d", "--json"],
    env,
  );
  const key = keyShape.parse(created.json());
  expect(key.permissions).toEqual(["connections:read", "tokens:read"]);
  const daysLeft = (Date.parse(key.expiresAt) - Date.now()) / 86_400_000;
  expect(daysLeft).toBeGreaterThan(89.9);
  expect(daysLeft).toBeLessThan(90.1);
  const ask = (path: string, init?: RequestInit) =>
    fetch(`${server.url}/trpc/${path}`, { ...init, headers: { authorization: `Bearer ${key.apiKey}` } });
  expect((await ask("connections.list?input=%7B%7D")).status).toBe(200);
  expect((await ask("apiKeys.list")).status).toBe(403);
  expect(server.stderr()).not.toContain(key.apiKey);
});

it("keys generate: the key is all of stdout, so that it can go into a variable unseen", async () => {
  using folder = makeFolder(undefined);
  const { stdout, stderr } = await folder.run(["keys", "generate"]);
  expect(stdout.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("EVERGRANT_ENCRYPTION_KEYS");
  expect(stderr).not.toContain(stdout.trim());
});
