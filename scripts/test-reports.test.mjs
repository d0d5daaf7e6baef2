import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clearReports, readReports } from "./test-reports.mjs";

/** @type {string} */
let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "evergrant-reports-"));
  mkdirSync(join(root, "packages", "server", ".reports"), { recursive: true });
  writeFileSync(join(root, "packages", "server", "vitest.config.ts"), "");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it("counts what passed and was skipped, and names what failed", () => {
  report([
    {
      name: join(root, "packages/server/src/a.test.ts"),
      status: "failed",
      message: "",
      assertionResults: [test("one", "passed"), test("two", "failed"), test("three", "skipped")],
    },
  ]);
  expect(readReports(root)).toEqual([
    { folder: "packages/server", passed: 1, skipped: 1, failures: ["packages/server/src/a.test.ts › two"] },
  ]);
});

it("a file that fell before its first test is one failure, with its reason", () => {
  report([
    {
      name: join(root, "packages/server/src/a.test.ts"),
      status: "failed",
      message: "Cannot find module\n at x",
      assertionResults: [test("one", "skipped")],
    },
  ]);
  expect(readReports(root)).toMatchObject([{ passed: 0, failures: ["packages/server/src/a.test.ts: Cannot find module"] }]);
});

it("a package without a single test is one failure", () => {
  report([]);
  expect(readReports(root)).toMatchObject([{ passed: 0, failures: ["packages/server: has no tests"] }]);
});

it("a package whose old report was cleared and whose tests did not run is one failure", () => {
  report([]);
  clearReports(root);
  expect(existsSync(reportPath())).toBe(false);
  expect(readReports(root)).toMatchObject([{ passed: 0, failures: ["packages/server: its tests left no report, so they did not run"] }]);
});

/** @param {string} fullName @param {string} status */
function test(fullName, status) {
  return { fullName, status };
}

/** @param {object[]} testResults */
function report(testResults) {
  writeFileSync(reportPath(), JSON.stringify({ testResults }));
}

function reportPath() {
  return join(root, "packages", "server", ".reports", "tests.json");
}
