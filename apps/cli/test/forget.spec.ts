import { startSandbox } from "@evergrant/sandbox";
import { createClient } from "@evergrant/client";
import { expect, it } from "vitest";
import { openInBrowser } from "./browser.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";

const apiKey = "a-key-for-tests-that-nobody-else-has";

it("forget: a server that is killed on the way goes on when it is back", async () => {
  await using sandbox = await startSandbox({ consent: "automatic" });
  using folder = makeFolder(sandboxConfig(new URL(sandbox.issuer).port));
  const own = { EVERGRANT_API_KEY: apiKey };
  await using killed = await folder.serve([], own);
  sandbox.registerRedirectUri(`${killed.url}/oauth/callback/sandbox`);
  const env = { ...own, EVERGRANT_URL: killed.url };
  const link = await folder.run(["connect", "sandbox", "--subject", "alice"], env);
  await openInBrowser(link.stdout.trim());
  expect(sandbox.livingGrants()).toHaveLength(1);

  const revocation = sandbox.hold("revocation");
  const forget = folder.run(["forget", "alice", "--json"], env);
  await revocation.arrived;
  killed.kill("SIGKILL");
  expect((await forget).code).toBe(3);

  await using back = await folder.serve([], own);
  const evergrant = createClient({ url: back.url, apiKey });
  await expect.poll(async () => (await evergrant.connections.list({ subject: "alice" })).connections).toEqual([]);
  // Nothing is left to do, and it may be asked all the same; the one grant waits in the outbox, whose first try was killed.
  const again = await folder.run(["forget", "alice", "--json"], { ...own, EVERGRANT_URL: back.url });
  expect(again.json()).toEqual({ connections: 0, pendingRevocations: 0 });
});
