/** Each kind of untruth that docs can tell, and the truths beside it, in a small repository of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { docsFaults } from "./docs-paths.mjs";

/** @type {string} */
let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "evergrant-docs-"));
  place("package.json", '{ "scripts": { "start": "", "evergrant": "" } }');
  place("packages/server/src/vault.ts", "one\ntwo\n");
  place("docs/security.md", "# Sealing & keys\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n```\n");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it.each([
  ["a path", "See `packages/server/src/vault.ts`, `packages/server/src/vault.ts:2` and `packages/*/src`."],
  ["a file by its name or the end of its path", "`vault.ts`, `src/vault.ts`, the reader's `evergrant.config.ts`"],
  ["an npm script", "`npm run -s evergrant -- token`, then `npm start`"],
  [
    "a link to a file, a line and a heading",
    "[a](packages/server/src/vault.ts#L2) [b](docs/security.md#sealing--keys) [c](docs/security.md#twice-1)",
  ],
  ["a link to this page", "# Here\n[here](#here)"],
  ["what is elsewhere", "[site](https://example.com/x.md) `packages/providers/src/<name>.ts`"],
  ["code in another language", "```ts\nimport x from 'packages/gone/src/x.ts';\n```"],
])("%s that exists is no fault", (_, readme) => {
  place("README.md", readme);
  expect(docsFaults(root)).toEqual([]);
});

it.each([
  ["a path", "one\n`packages/server/src/gone.ts`", "README.md:2 names packages/server/src/gone.ts, which does not exist"],
  ["a path in a shell block", "```sh\ncat docs/gone.md\n```", "README.md:2 names docs/gone.md, which does not exist"],
  ["a file name", "`gone.ts`", "README.md:1 names gone.ts, and no file is called so"],
  ["an npm script", "```console\n$ npm run gone\n```", "README.md:2 names npm script gone, which package.json does not have"],
  ["a short npm script", "`npm test`", "README.md:1 names npm script test, which package.json does not have"],
  ["a link", "[x](docs/gone.md)", "README.md:1 links to docs/gone.md, which does not exist"],
  ["a reference", "[x]: docs/gone.md", "README.md:1 links to docs/gone.md, which does not exist"],
  ["an anchor", "[x](docs/security.md#no-heading)", "README.md:1 links to docs/security.md#no-heading, where there is no such place"],
  ["a line", "[x](packages/server/src/vault.ts#L9)", "README.md:1 links to packages/server/src/vault.ts#L9, where there is no such place"],
  ["a way out", "[x](../elsewhere.md)", "README.md:1 links to ../elsewhere.md, outside the repository"],
])("%s that does not exist is a fault with its line", (_, readme, fault) => {
  place("README.md", readme);
  expect(docsFaults(root)).toEqual([fault]);
});

it("reads the pages under docs and of packages too, their links from where they stand", () => {
  place("packages/server/README.md", "[vault](src/vault.ts) [gone](src/gone.ts)");
  place("docs/decisions/arctic.md", "[security](../security.md) [gone](security.md)");
  expect(docsFaults(root).toSorted()).toEqual([
    "docs/decisions/arctic.md:1 links to security.md, which does not exist",
    "packages/server/README.md:1 links to src/gone.ts, which does not exist",
  ]);
});

/** @param {string} path @param {string} text */
function place(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
