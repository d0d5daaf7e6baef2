import { startSandbox } from "@evergrant/sandbox";
import { expect, it } from "vitest";
import { z } from "zod";
import { openInBrowser } from "./browser.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";

const lineShape = z.looseObject({ msg: z.string(), pid: z.number(), worker: z.number().optional() });
const answerShape = z.object({ result: z.object({ data: z.looseObject({ status: z.string() }) }) });

it("serve --workers: one that is killed under load is replaced, every caller is served meanwhile, and no grant is lost", async () => {
  await using sandbox = await startSandbox({ consent: "automatic", accessTokenLifetimeSeconds: 600 });
  using folder = makeFolder(sandboxConfig(new URL(sandbox.issuer).port));
  const apiKey = "an-admin-key-for-one-test-0123456789";
  await using server = await folder.serve(["--workers", "2"], { EVERGRANT_API_KEY: apiKey });
  sandbox.registerRedirectUri(`${server.url}/oauth/callback/sandbox`);
  const link = await folder.run(["connect", "sandbox", "--subject", "alice", "--url", server.url], { EVERGRANT_API_KEY: apiKey });
  expect((await openInBrowser(link.stdout.trim())).html).toContain("Connected");
  const lines = () =>
    server
      .stderr()
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => lineShape.parse(JSON.parse(line)));
  const readiesOf = (worker: number) => lines().filter((line) => line.msg === "a worker is ready" && line.worker === worker).length;

  const statuses = new Set<string>();
  const over = new AbortController();
  const callers = Array.from({ length: 2 }, async () => {
    while (!over.signal.aborted) {
      const response = await fetch(`${server.url}/trpc/tokens.get`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ integration: "sandbox", subject: "alice" }),
      }).catch(() => null);
      // A connection to the worker that is gone breaks; who then asks again, as a client does, finds another.
      if (response !== null) statuses.add(answerShape.parse(await response.json()).result.data.status);
    }
  });
  await expect.poll(() => [readiesOf(1), readiesOf(2)]).toEqual([1, 1]);
  const victim = lines().find(({ worker, msg }) => worker === 1 && msg !== "a worker is ready");
  if (victim === undefined) throw new Error("the first worker has said nothing");
  process.kill(victim.pid, "SIGKILL");
  await expect.poll(() => readiesOf(1)).toBe(2);
  over.abort();
  await Promise.all(callers);

  expect(statuses).toEqual(new Set(["active"]));
  expect(sandbox.livingGrants()).toHaveLength(1);
  expect(lines()).toContainEqual(expect.objectContaining({ msg: "a worker ended; another takes its place", worker: 1, signal: "SIGKILL" }));
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  server.kill("SIGTERM");
  const ended = await server.ended();
  expect(ended.code).toBe(0);
  expect(ended.stdout.trim().split("\n")).toHaveLength(1);
  const stopped = lines().filter(({ msg }) => msg === "stopped");
  expect(new Set(stopped.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
});

it("serve --workers: what is wrong with the config is told once, and ends with the same code", async () => {
  using folder = makeFolder({ integrations: { oauth: { providers: { "no-such-provider": {} } } } });
  const { code, stderr } = await folder.run(["serve", "--port", "0", "--workers", "3"]);
  expect(code).toBe(1);
  // Each fault has a line of its own, and the last one is the error.
  expect(stderr.match(/evergrant: /g)).toHaveLength(1);
});
