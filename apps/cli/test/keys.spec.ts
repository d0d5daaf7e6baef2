import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { expect, it } from "vitest";
import { z } from "zod";
import { runProgram } from "../src/program.ts";
import { makeFolder } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

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

const statusShape = z.object({
  dataKeys: z.array(z.object({ id: z.string(), madeFor: z.string(), wrappedBy: z.string(), current: z.boolean(), open: z.boolean() })),
});

it("keys rotate, status, rewrap, retire, verify: from an old pair of keys to a new one, beside a running server", async () => {
  using folder = makeFolder(config);
  const [older, newer] = [generateEncryptionKey("older"), generateEncryptionKey("newer")];
  const keyFile = join(folder.path, "keys");
  writeFileSync(keyFile, `# for this test\n${older}\n`, { mode: 0o600 });
  const env = { NODE_ENV: "production", EVERGRANT_ENCRYPTION_KEYS_FILE: keyFile };
  await using server = await folder.serve([], env);
  // In this process: a dozen of others would take their time to start.
  const run = async (argv: string[], variables: Record<string, string>) => {
    const { surroundings, stdout, stderr } = makeSurroundings(variables, { workingFolder: folder.path, now: () => new Date() });
    const code = await runProgram(argv, surroundings, "0.0.0");
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  };
  const status = async () => statusShape.parse(JSON.parse((await run(["keys", "status", "--json"], env)).stdout)).dataKeys;
  const [first, digest] = await status();
  expect([first, digest]).toMatchObject([
    { madeFor: "sealing", wrappedBy: "older", current: true, open: true },
    { madeFor: "digest", wrappedBy: "older", current: false, open: true },
  ]);

  const rotated = await run(["keys", "rotate"], env);
  expect(rotated).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Added data key [0-9a-f]{16}: 0 rows sealed anew, all rows are under it\.\n$/),
  });
  expect(rotated.stderr).toMatch(/^\{"progress":\{"done":0,"total":0,"perSecond":0\}\}\n$/);
  const early = await run(["keys", "retire", first?.id ?? ""], env);
  expect(early.code).toBe(1);
  expect(early.stderr).toContain("connect links that it sealed may be open until");
  expect((await run(["keys", "retire", digest?.id ?? ""], env)).stderr).toContain("behind the digests");
  expect((await run(["keys", "retire", "0000000000000000"], env)).stderr).toContain("no such data key");
  expect((await run(["keys", "retire", "nonsense"], env)).code).toBe(2);
  expect(await run(["keys", "retire", first?.id ?? "", "--end-links"], env)).toMatchObject({ code: 0 });

  // The file grows while the server runs; then the old key goes.
  writeFileSync(keyFile, `${newer}\n${older}\n`);
  expect((await run(["keys", "rewrap"], env)).stdout).toBe("2 data keys wrapped anew.\n");
  writeFileSync(keyFile, `${newer}\n`);
  expect((await status()).map(({ wrappedBy, open }) => `${wrappedBy} ${open}`)).toEqual(["newer true", "newer true"]);
  expect(await run(["keys", "verify", "--json"], env)).toMatchObject({ code: 0, stdout: '{"opened":0,"unreadable":[]}\n' });
  const told = await run(["keys", "status"], env);
  expect(told.stdout).toMatch(/^data key +age +rows +seals +wrapped by\n/);
  expect(told.stdout).toMatch(/^[0-9a-f]{16} +seals now +0 d +0 +\d+ +newer$/m);

  chmodSync(keyFile, 0o644);
  const exposed = await run(["keys", "status"], env);
  expect(exposed.code).toBe(1);
  expect(exposed.stderr).toContain("can be read or changed by other users (mode 644); chmod 600 it");
  const lost = await run(["keys", "status"], { ...env, EVERGRANT_ENCRYPTION_KEYS_FILE: join(folder.path, "none") });
  expect(lost.stderr).toContain("cannot be read (ENOENT)");
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
