import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { startSandbox } from "@evergrant/sandbox";
import { generateEncryptionKey } from "@evergrant/server";
import { expect, it } from "vitest";
import { openInBrowser } from "./browser.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";

const noIntegrations = { integrations: { oauth: { providers: {} } } };

it("serve: answers until SIGTERM, then ends with 0 and listens no more", async () => {
  using folder = makeFolder(noIntegrations);
  await using server = await folder.serve();
  const health = await fetch(`${server.url}/healthz`);
  expect(await health.json()).toEqual({ status: "ok" });
  expect((await fetch(`${server.url}/trpc/connections.list`)).status).toBe(401);
  server.kill("SIGTERM");
  const { code, stdout } = await server.ended();
  expect(code).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(1);
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
});

it("serve: the log is JSON lines where nobody reads along", async () => {
  using folder = makeFolder(noIntegrations);
  await using server = await folder.serve();
  server.kill("SIGTERM");
  const { stderr } = await server.ended();
  const lines = stderr
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: "info",
      msg: "brought the database to this version",
      migrations: expect.arrayContaining(["0001-foundation"]),
    }),
  );
  expect(lines.at(-1)).toEqual(expect.objectContaining({ level: "info", msg: "stopped" }));
});

it("serve: a taken port is named, with how to choose another", async () => {
  using folder = makeFolder(noIntegrations);
  const squatter = createServer().listen(0, "127.0.0.1");
  try {
    await new Promise((resolve) => squatter.once("listening", resolve));
    const address = squatter.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await folder.run(["serve", "--port", String(port)]);
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(stderr).toMatch(/→ choose another with --port \d+ or EVERGRANT_PORT/);
    // Nothing was made on the way.
    expect(readdirSync(folder.path)).toEqual(["evergrant.config.json"]);
  } finally {
    squatter.close();
  }
});

it("serve: a request under way is answered before the process ends", async () => {
  await using sandbox = await startSandbox({ consent: "automatic" });
  using folder = makeFolder(sandboxConfig(new URL(sandbox.issuer).port));
  await using server = await folder.serve();
  sandbox.registerRedirectUri(`${server.url}/oauth/callback/sandbox`);
  const link = await folder.run(["connect", "sandbox", "--subject", "alice", "--url", server.url]);
  const held = sandbox.hold("code");
  const callback = openInBrowser(link.stdout.trim(), "/oauth/done/");
  await held.arrived;
  server.kill("SIGTERM");
  // Who comes now is turned away, and who was there is not.
  await expect
    .poll(() =>
      fetch(`${server.url}/healthz`).then(
        () => "answered",
        () => "refused",
      ),
    )
    .toBe("refused");
  held.release();
  expect((await callback).url.pathname).toMatch(/^\/oauth\/done\//);
  expect((await server.ended()).code).toBe(0);
  expect(sandbox.livingGrants()).toHaveLength(1);
});

it("serve --with-parent: ends when standard input does", async () => {
  using folder = makeFolder(noIntegrations);
  await using server = await folder.serve();
  server.letGo();
  expect((await server.ended()).code).toBe(0);
});

it("serve --no-migrate: refuses a database that is behind, with the command to run", async () => {
  using folder = makeFolder(noIntegrations);
  const refused = await folder.run(["serve", "--port", "0", "--no-migrate"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("evergrant migrate");
  expect((await folder.run(["migrate", "--json"])).json()).toEqual({ applied: expect.arrayContaining(["0001-foundation"]) });
  await using server = await folder.serve(["--no-migrate"]);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

it("serve: in development keys are made, readable by this user alone, ignored by git, and said", async () => {
  using folder = makeFolder(noIntegrations);
  await using server = await folder.serve();
  const state = join(folder.path, ".evergrant");
  expect(statSync(state).mode & 0o777).toBe(0o700);
  for (const name of ["encryption-keys", "api-key"]) {
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o600);
    expect(server.stderr()).toContain(join(state, name));
    expect(server.stderr()).not.toContain(readFileSync(join(state, name), "utf8").trim());
  }
  expect(readFileSync(join(state, ".gitignore"), "utf8")).toBe("*\n");
});

it("serve: two that start at once in an empty folder have the same keys and one database", async () => {
  using folder = makeFolder(noIntegrations);
  const [one, two] = await Promise.all([folder.serve(), folder.serve()]);
  await using first = one;
  await using second = two;
  const apiKey = readFileSync(join(folder.path, ".evergrant/api-key"), "utf8").trim();
  for (const { url } of [first, second]) {
    const answer = await fetch(`${url}/trpc/connections.list?input=%7B%7D`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect(answer.status).toBe(200);
  }
  // No draft of either is left.
  expect(
    readdirSync(join(folder.path, ".evergrant"))
      .filter((name) => !name.startsWith("evergrant.db"))
      .toSorted(),
  ).toEqual([".gitignore", "api-key", "encryption-keys"]);
});

it("serve: in production without keys it refuses, names the variables, and makes nothing", async () => {
  using folder = makeFolder({ ...noIntegrations, publicUrl: "https://evergrant.example.com" });
  const { code, stderr } = await folder.run(["serve", "--port", "0"], { NODE_ENV: "production" });
  expect(code).toBe(1);
  expect(stderr).toContain("EVERGRANT_ENCRYPTION_KEYS: is not set");
  expect(stderr).toContain("EVERGRANT_API_KEY: is not set");
  expect(existsSync(join(folder.path, ".evergrant"))).toBe(false);
});

it("serve: in production a guessable admin key is refused, and never shown", async () => {
  using folder = makeFolder({ ...noIntegrations, publicUrl: "https://evergrant.example.com" });
  const env = { NODE_ENV: "production", EVERGRANT_ENCRYPTION_KEYS: generateEncryptionKey(), EVERGRANT_API_KEY: "correct-horse-battery" };
  const { code, stderr } = await folder.run(["serve", "--port", "0"], env);
  expect(code).toBe(1);
  expect(stderr).toContain("EVERGRANT_API_KEY is too easy to guess");
  expect(stderr).not.toContain("correct-horse-battery");
});

it("serve: believes a trusted proxy's word for the client's address, by which guesses at a credential are counted", async () => {
  using folder = makeFolder(noIntegrations);
  const settings = { EVERGRANT_RATE_LIMITS: "failed-authentication=2" };
  const guessesAt = async (url: string, addresses: readonly string[]) => {
    const statuses: number[] = [];
    for (const address of addresses) {
      statuses.push((await fetch(`${url}/trpc/config.list`, { headers: { "x-forwarded-for": address } })).status);
    }
    return statuses;
  };
  const addresses = ["203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2"];
  await using trusting = await folder.serve([], { ...settings, EVERGRANT_TRUSTED_PROXIES: "loopback" });
  expect(await guessesAt(trusting.url, addresses)).toEqual([401, 401, 429, 401]);
  await using other = await folder.serve([], settings);
  expect(await guessesAt(other.url, addresses)).toEqual([401, 401, 429, 429]);
});
