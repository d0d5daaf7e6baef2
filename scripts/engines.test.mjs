import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newerEngines } from "./engines.mjs";

/** @type {string} */
let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "evergrant-engines-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param {object} manifest @param {string[]} path names of packages, each in the `node_modules` of the one before */
function write(manifest, ...path) {
  const folder = join(root, ...path.flatMap((name) => ["node_modules", name]));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
}

it("finds a dependency that asks for a newer Node, however far it is, and passes over what runs or is optional", () => {
  const dependencies = { near: "1", fits: "1", extra: "1" };
  write({ engines: { node: ">=20.19.0" }, dependencies, optionalDependencies: { extra: "1" } });
  write({ version: "1.0.0", dependencies: { far: "1", fits: "1" } }, "near");
  write({ version: "1.0.0", engines: { node: "^20.19.0 || >=22" }, dependencies: { near: "1" } }, "fits");
  write({ version: "1.0.0", engines: { node: ">=22" } }, "extra");
  write({ version: "2.0.0", engines: { node: ">=22.12.0" } }, "near", "far");
  expect(newerEngines(root)).toEqual(["far 2.0.0 asks for Node >=22.12.0, and package.json promises 20.19.0"]);
});
