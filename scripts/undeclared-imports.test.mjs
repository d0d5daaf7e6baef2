import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { undeclaredImports } from "./undeclared-imports.mjs";

/** @type {string} */
let folder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergrant-imports-"));
  mkdirSync(join(folder, "dist"));
  writeFileSync(
    join(folder, "package.json"),
    '{ "name": "@evergrant/client", "dependencies": { "@trpc/client": "1" }, "peerDependencies": { "zod": "4" }, "devDependencies": { "@evergrant/server": "1" } }',
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["an import", 'import { createApp } from "@evergrant/server";'],
  ["an import of a part", 'import { createApp } from "@evergrant/server/app";'],
  ["an export", 'export type { AppRouter } from "@evergrant/server";'],
  ["an inline type", 'export declare const x: import("@evergrant/server").AppRouter;'],
  ["an import for its effect", 'import "@evergrant/server";'],
])("%s of a development dependency is found", (_, line) => {
  writeFileSync(join(folder, "dist", "index.d.ts"), line);
  expect(undeclaredImports(folder)).toEqual([
    "dist/index.d.ts imports @evergrant/server, which package.json does not list under dependencies",
  ]);
});

it("what is declared, Node's own, relative, or only spoken of is none", () => {
  const lines = [
    'import { a } from "@trpc/client/links";',
    'import "zod";',
    'import "node:fs";',
    'export { b } from "./b.js";',
    '// from "x"',
    'const scopes = { "crm.import": { description: "Import records" }, "data from": "here" };',
    '/* import "y" */',
  ];
  writeFileSync(join(folder, "dist", "index.js"), lines.join("\n"));
  expect(undeclaredImports(folder)).toEqual([]);
});
