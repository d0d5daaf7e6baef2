import { startSandbox } from "@evergrant/sandbox";
import { expect, it } from "vitest";
import { runProgram } from "../src/program.ts";
import { openInBrowser } from "./browser.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

it("refresh-due: refreshes what is due without a server, and nothing twice", async () => {
  await using sandbox = await startSandbox({ consent: "automatic", accessTokenLifetimeSeconds: 600 });
  using folder = makeFolder(sandboxConfig(new URL(sandbox.issuer).port));
  {
    await using server = await folder.serve();
    sandbox.registerRedirectUri(`${server.url}/oauth/callback/sandbox`);
    const link = await folder.run(["connect", "sandbox", "--subject", "alice", "--url", server.url]);
    expect((await openInBrowser(link.stdout.trim())).html).toContain("Connected");
    server.kill("SIGTERM");
    await server.ended();
  }
  // In this process, so that its clock can be set.
  const refreshDue = async (now: Date) => {
    const { surroundings, stdout, stderr } = makeSurroundings({}, { workingFolder: folder.path, now: () => now });
    expect(await runProgram(["refresh-due", "--json"], surroundings, "0.0.0"), stderr.text()).toBe(0);
    return JSON.parse(stdout.text()) as unknown;
  };
  const later = new Date(Date.now() + 599_000);
  expect(await refreshDue(new Date())).toEqual({ due: 0, drained: true });
  expect(await refreshDue(later)).toEqual({ due: 1, drained: true });
  expect(await refreshDue(later)).toEqual({ due: 0, drained: true });
  expect(sandbox.grants("refresh_token")).toHaveLength(1);
});
