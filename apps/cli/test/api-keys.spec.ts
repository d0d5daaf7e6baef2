import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { z } from "zod";
import { runProgram } from "../src/program.ts";
import { makeFolder } from "./evergrant.ts";
import { makeSurroundings, rememberingOutput } from "./surroundings.ts";

const config = { publicUrl: "https://evergrant.example.com", integrations: { oauth: { providers: {} } } };
const keyShape = z.object({ id: z.string(), prefix: z.string(), apiKey: z.string() });
const start = new Date("2026-11-26T12:00:00Z");

it("api-keys create, list, revoke: a table for a person, JSON for a program, and never a key again", async () => {
  using folder = makeFolder(config);
  let now = start;
  const run = async (...args: string[]) => {
    const stdout = rememberingOutput(true);
    const { surroundings, stderr } = makeSurroundings({}, { workingFolder: folder.path, now: () => now, stdout });
    return { code: await runProgram(["api-keys", ...args], surroundings, "0.0.0"), stdout: stdout.text(), stderr: stderr.text() };
  };
  const make = async (...args: string[]) => keyShape.parse(JSON.parse((await run("create", ...args, "--json")).stdout));
  await folder.run(["migrate"]);
  expect(await run("list")).toEqual({ code: 0, stdout: "", stderr: "There is none; `evergrant api-keys create` makes one.\n" });
  expect((await run("list", "--json")).stdout).toBe("[]\n");

  expect(await run("create", "--name", "ci", "--permissions", "tokens:reed")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--permissions: not a permission; there are config:read, "),
  });

  const wide = await make("--name", "backend", "--permissions", "tokens:read,connections:write");
  now = new Date(start.getTime() + 60_000);
  const narrow = await make(
    "--name",
    "ci",
    "--permissions",
    "tokens:read",
    "--integrations",
    "github",
    "--subject",
    "a, b",
    "--subject",
    "c",
    "--expires",
    "3d",
  );
  now = new Date(start.getTime() + 3 * 3_600_000);
  const listed = await run("list");
  expect(stripVTControlCharacters(listed.stdout)).toBe(
    [
      `id                name     last used  ends    ${"for".padEnd(24)}  may`,
      `${narrow.id}  ci       never      in 2 d  github; subjects a, b, c  tokens:read`,
      `${wide.id}  backend  never      never   ${"all".padEnd(24)}  tokens:read, connections:write`,
      "",
    ].join("\n"),
  );
  for (const { apiKey } of [wide, narrow]) expect(listed.stdout + listed.stderr).not.toContain(apiKey.slice(-43));

  expect(await run("revoke", narrow.prefix)).toMatchObject({ code: 0, stdout: expect.stringContaining(`Revoked ${narrow.id}`) });
  expect(await run("revoke", narrow.id)).toMatchObject({ code: 1, stderr: expect.stringContaining("that still works") });
  expect((await run("list")).stdout).not.toContain(narrow.id);
  expect((await run("list", "--all")).stdout).toContain("revoked 0 min ago");
  expect(JSON.parse((await run("list", "--all", "--json")).stdout)).toMatchObject([
    { id: wide.id, integrations: null, subjects: null, revokedAt: null, lastUsedAt: null },
    { id: narrow.id, integrations: ["github"], subjects: ["a, b", "c"], revokedAt: now.toISOString() },
  ]);
});
