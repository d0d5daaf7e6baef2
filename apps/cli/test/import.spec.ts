import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { runProgram } from "../src/program.ts";
import { makeFolder, sandboxConfig } from "./evergrant.ts";
import { makeSurroundings } from "./surroundings.ts";

const line = (subject: string) => JSON.stringify({ integration: "sandbox", subject, accessToken: "SECRET-TOKEN", scopes: ["notes:read"] });

it("import: a file or a pipe, a line for each line, a summary, and an exit code", async () => {
  using folder = makeFolder(sandboxConfig("4001"));
  const run = async (argv: string[], input: readonly string[] = []) => {
    const parts = { workingFolder: folder.path, now: () => new Date(), stdin: Readable.from(input.map((text) => Buffer.from(text))) };
    const { surroundings, stdout, stderr } = makeSurroundings({}, parts);
    const code = await runProgram(argv, surroundings, "0.0.0");
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  };
  expect((await run(["migrate"])).code).toBe(0);
  writeFileSync(join(folder.path, "tokens.jsonl"), `${line("alice")}\n${line("bob")}\n`);
  expect(await run(["import", "tokens.jsonl", "--dry-run"])).toEqual({
    code: 0,
    stdout: "1: would be imported\n2: would be imported\n",
    stderr: expect.stringContaining("2 imported; nothing was written."),
  });
  expect(await run(["import", "tokens.jsonl"])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^1: imported con_\S+\n2: imported con_\S+\n$/),
    stderr: expect.stringContaining("2 imported."),
  });

  const piped = await run(["import", "-", "--json"], [`${line("bob")}\n{"subject":`, `"SECRET"}\n${line("carol")}`]);
  expect(piped.code).toBe(1);
  expect(
    piped.stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as unknown),
  ).toMatchObject([
    { line: 1, outcome: "skipped" },
    { line: 2, outcome: "refused", faults: [{ path: "integration" }, { path: "accessToken" }, { path: "scopes" }] },
    { line: 3, outcome: "imported" },
    { imported: 1, skipped: 1, refused: 1, dryRun: false },
  ]);
  expect(piped.stdout + piped.stderr).not.toContain("SECRET");
  const refused = await run(["import", "-"], ["nonsense\n"]);
  expect(refused).toMatchObject({ code: 1, stdout: "1: refused: is not JSON; write one object a line\n" });
  expect((await run(["import", "nowhere.jsonl"])).stderr).toContain("nowhere.jsonl");
});
