import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findConfig, requireConfig } from "./find-config.ts";

let workingFolder: string;
beforeEach(() => {
  workingFolder = mkdtempSync(join(tmpdir(), "evergrant-find-"));
});
afterEach(() => rmSync(workingFolder, { recursive: true }));

it.each(["ts", "mts", "js", "mjs", "json"].map((extension) => `evergrant.config.${extension}`))(
  "finds %s in the working directory",
  (name) => {
    writeFileSync(join(workingFolder, name), "");
    expect(findConfig({ named: undefined, workingFolder })).toBe(join(workingFolder, name));
  },
);

it("takes the named one before any other, from the working directory", () => {
  writeFileSync(join(workingFolder, "evergrant.config.ts"), "");
  writeFileSync(join(workingFolder, "other.json"), "");
  expect(findConfig({ named: "other.json", workingFolder })).toBe(join(workingFolder, "other.json"));
});

it("does not choose between two", () => {
  for (const name of ["evergrant.config.ts", "evergrant.config.json"]) writeFileSync(join(workingFolder, name), "");
  expect(() => findConfig({ named: undefined, workingFolder })).toThrow(/both evergrant.config.ts and evergrant.config.json/);
});

it("finds none where there is none, and says so where one is needed", () => {
  expect(findConfig({ named: undefined, workingFolder })).toBeNull();
  expect(() => requireConfig({ named: undefined, workingFolder })).toThrow(expect.objectContaining({ code: "config_not_found" }));
  expect(() => findConfig({ named: "missing.json", workingFolder })).toThrow(/missing.json/);
});
