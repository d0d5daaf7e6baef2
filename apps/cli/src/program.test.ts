import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { makeSurroundings } from "../test/surroundings.ts";
import { exitCodes } from "./cli-error.ts";
import { variableNames } from "./env.ts";
import { runProgram } from "./program.ts";

const commands = [
  "serve",
  "migrate",
  "config check",
  "connect",
  "token",
  "disconnect",
  "keys generate",
  "api-keys create",
  "api-keys list",
  "api-keys revoke",
  "refresh-due",
  "doctor",
];
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

async function run(argv: readonly string[], variables: Record<string, string> = {}) {
  const { surroundings, stdout, stderr } = makeSurroundings(variables);
  const code = await runProgram(argv, surroundings, "1.2.3");
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

it.each(commands)("%s: --help has examples and --json, and the README names it", async (command) => {
  const { code, stdout } = await run([...command.split(" "), "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`\n  $ evergrant ${command}`);
  expect(stdout).toContain("--json");
  expect(readme).toContain(`evergrant ${command}`);
});

it("the help and the README name every variable and every exit code", async () => {
  const { stdout } = await run(["--help"]);
  for (const text of [stdout, readme]) {
    for (const name of variableNames) expect(text).toContain(name);
    for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`^(\\| )?[ \`]*${code}\\b`, "m"));
  }
});

const key = ["api-keys", "create", "--name", "x", "--permissions"];

it.each<[string[], string]>([
  [["nonsense"], "unknown command 'nonsense'"],
  [["serve", "--nonsense"], "--nonsense"],
  [["serve", "--port", "many"], "--port: must be a port number"],
  [["connect", "github"], "--subject"],
  [["disconnect", "no-id"], "<connection>"],
  [["refresh-due", "--limit", "0"], "--limit"],
  [["api-keys", "create", "--name", "x"], "--permissions"],
  [[...key, "everything"], "--permissions"],
  [[...key, "admin", "--expires", "yesterday"], "--expires"],
  [[...key, "admin", "--expires", "2020-01-01T00:00:00Z"], "--expires"],
  [["api-keys", "revoke", "the-old-one"], "<key>: must be a key's id"],
  [[], "Usage: evergrant"],
])("%j is exit code 2, with words on stderr alone: %s", async (argv, named) => {
  const { code, stdout, stderr } = await run(argv);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(named);
});

it("faulty variables stop a command, all of them named", async () => {
  const { code, stderr } = await run(["migrate"], { EVERGRANT_PORT: "x", EVERGRANT_URL: "y" });
  expect(code).toBe(1);
  expect(stderr).toContain("EVERGRANT_PORT: is not usable");
  expect(stderr).toContain("EVERGRANT_URL: is not usable");
});

it("--json: a failure is one document on stdout", async () => {
  const { code, stdout, stderr } = await run(["migrate", "--json"]);
  expect(code).toBe(1);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    error: { code: "config_not_found", message: expect.any(String), mend: expect.any(String), faults: [] },
  });
});

it("--version", async () => {
  expect(await run(["--version"])).toMatchObject({ code: 0, stdout: "1.2.3\n" });
});
