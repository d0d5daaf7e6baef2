/**
 * Packs each publishable package and judges the tarball as its users will get it: publint, attw, that it imports nothing undeclared and
 * brings along nothing that asks for a newer Node than it does;
 * then the client with what it needs, by an app that is compiled with it and run.
 * Needs the build. Exit code 1 names each fault.
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.mjs";
import { newerEngines } from "./engines.mjs";
import { judgePackedClient } from "./packed-client.mjs";
import { undeclaredImports } from "./undeclared-imports.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const scratch = mkdtempSync(join(tmpdir(), "evergrant-packaging-"));
try {
  const faults = await Promise.all(publishableFolders().map((folder) => judge(folder)));
  const found = [...faults.flat(), ...(await judgePackedClient(scratch))];
  for (const fault of found) console.error(fault);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function publishableFolders() {
  const manifests = globSync("{packages,apps}/*/package.json", { cwd: root });
  return manifests
    .filter((path) => JSON.parse(readFileSync(join(root, path), "utf8")).private !== true)
    .map((path) => join(root, path, ".."));
}

/** @param {string} folder @returns {Promise<string[]>} faults, each with the package's folder */
async function judge(folder) {
  const name = basename(folder);
  const tarball = join(scratch, `${name}.tgz`);
  const unpacked = join(scratch, name);
  mkdirSync(unpacked);
  const faults = [
    ...(await faultOf("pnpm", ["pack", "--out", tarball], folder)),
    ...(await faultOf("publint", ["--strict", tarball], folder)),
    // Everything here is an ES module for Node's and bundlers' way to resolve; attw's other columns are about CommonJS.
    ...(await faultOf("attw", ["--profile", "esm-only", "--no-color", "--no-emoji", tarball], folder)),
    ...(await faultOf("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components", "1"], folder)),
    ...undeclaredImports(unpacked),
    ...newerEngines(folder),
  ];
  return faults.map((fault) => `${name}: ${fault}`);
}

/** @param {string} command @param {string[]} args @param {string} cwd */
async function faultOf(command, args, cwd) {
  const { code, output } = await runChild(command, args, { cwd, capture: true });
  return code === 0 ? [] : [`${command} ended with exit code ${code}\n${output.trimEnd()}\n`];
}
