import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { expect, it } from "vitest";
import { runProgram } from "../src/program.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

it("audit: exports entries as lines, verifies their chain, and finds it broken by a head that it does not run through", async () => {
  using folder = makeFolder(sandboxConfig("4001"));
  mkdirSync(join(folder.path, ".evergrant"));
  writeFileSync(join(folder.path, ".evergrant", "encryption-keys"), generateEncryptionKey());
  const run = async (...args: string[]) => {
    const { surroundings, stdout, stderr } = makeSurroundings({}, { workingFolder: folder.path, now: () => new Date() });
    return { code: await runProgram(args, surroundings, "0.0.0"), stdout: stdout.text(), stderr: stderr.text() };
  };
  await run("migrate");
  const made = await run("api-keys", "create", "--name", "backend", "--permissions", "tokens:read");
  expect(made.code, made.stderr).toBe(0);
  await run("refresh-due");
  const verified = await run("audit", "verify");
  expect(verified, verified.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^The chain holds: 2 entries\.\nNothing waits/),
  });
  const head = /head (\S+)/.exec(verified.stdout)?.[1] ?? "";
  expect((await run("audit", "verify", "--through", head)).code).toBe(0);
  const other = await run("audit", "verify", "--through", `2:${"ab".repeat(32)}`, "--json");
  expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining("cut off") });

  const all = await run("audit", "export");
  expect(
    all.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    expect.objectContaining({ action: "api-keys create", actor: { kind: "operator", id: null }, sealed: true }),
    expect.objectContaining({ action: "system", outcome: "data_key_added", sealed: true }),
    expect.objectContaining({ action: "audit.export", sealed: false }),
  ]);
  expect((await run("audit", "export", "--action", "tokens.get")).stdout).toBe("");
  expect(await run("audit", "export", "--since", "yesterday")).toMatchObject({ code: 2, stderr: expect.stringContaining("--since") });
});
