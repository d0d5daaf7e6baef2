import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CliError } from "./cli-error.ts";
import { loadConfig } from "./load-config.ts";

const node = { version: "24.0.0", stripsTypes: true, executable: process.execPath };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergrant-load-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function load(name: string, text: string, on: typeof node = node) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return loadConfig(path, on);
}

async function refusal(name: string, text: string, on?: typeof node): Promise<CliError> {
  const error = await load(name, text, on).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CliError)) throw new Error(`${name} was loaded, or ended otherwise: ${String(error)}`);
  return error;
}

it("reads the default export of a module, and JSON with a byte order mark", async () => {
  expect((await load("a.mjs", "export default { a: 1 };")).input).toEqual({ a: 1 });
  expect((await load("b.json", '\uFEFF{ "b": 2 }')).input).toEqual({ b: 2 });
});

it("reports a JSON key that stands twice, and reads on", async () => {
  const { input, faults } = await load("a.json", '{ "a": 1,\n "a": 2, "b": 3 }');
  expect(faults).toEqual([expect.objectContaining({ path: "a", message: "stands twice, in lines 1 and 2" })]);
  expect(input).toEqual({ a: 2, b: 3 });
});

it.each([
  ["no-json.json", '{\n "a": 1,\n}', /no-json.json is not JSON: line 3/],
  ["no-default.mjs", "export const config = {};", /no-default.mjs has no default export/],
  [
    "throws.mjs",
    'const x = 1;\nfunction f() {\n  throw new Error("no such thing\\nat all");\n}\nexport default f();',
    /throws.mjs:3: no such thing$/,
  ],
  ["syntax.mjs", "export default {\n  a: 1,\n  ;\n};", /syntax.mjs:3: /],
  ["missing.mjs", 'import "evergrant-does-not-exist";\nexport default {};', /missing.mjs(:1)?: Cannot find package/],
  ["words.mjs", 'throw "only words";', /words.mjs: only words/],
])("says where %s is at fault", async (name, text, message) => {
  const error = await refusal(name, text);
  expect(error.code).toBe("config_unreadable");
  expect(error.message).toMatch(message);
  expect(error.mend).not.toBe("");
});

it("names the config's own line where something that it calls throws", async () => {
  writeFileSync(join(folder, "called.mjs"), 'export function f() {\n  throw new Error("deep down");\n}');
  const error = await refusal("calls.mjs", 'import { f } from "./called.mjs";\n\nexport default f();');
  expect(error.message).toMatch(/calls.mjs:3: deep down/);
});

it("tells a Node that cannot strip types what would help", async () => {
  const error = await refusal("a.ts", "export default {};", { ...node, version: "20.19.0", stripsTypes: false });
  expect(error.code).toBe("node_too_old");
  expect(error.mend).toContain("Node 22.18");
});
