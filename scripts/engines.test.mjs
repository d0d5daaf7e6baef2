import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newerEngines } from "./engines.mjs";

/** @param {string} folder @param {object} manifest */
function write(folder, manifest) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
}

test("a dependency that asks for a newer Node is found, however far it is; an optional one, and one that runs, are not", () => {
  const root = mkdtempSync(join(tmpdir(), "evergrant-engines-"));
  try {
    const at = (...names) => join(root, ...names.flatMap((name) => ["node_modules", name]));
    const dependencies = { near: "1", fits: "1", extra: "1" };
    write(root, { engines: { node: ">=20.19.0" }, dependencies, optionalDependencies: { extra: "1" } });
    write(at("near"), { version: "1.0.0", dependencies: { far: "1", fits: "1" } });
    write(at("fits"), { version: "1.0.0", engines: { node: "^20.19.0 || >=22" }, dependencies: { near: "1" } });
    write(at("extra"), { version: "1.0.0", engines: { node: ">=22" } });
    write(at("near", "far"), { version: "2.0.0", engines: { node: ">=22.12.0" } });
    assert.deepEqual(newerEngines(root), ["far 2.0.0 asks for Node >=22.12.0, and package.json promises 20.19.0"]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
