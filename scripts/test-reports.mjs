/** The reports that vitest leaves in `.reports/` of each package: cleared before a run, counted after it. */
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

const reportFile = join(".reports", "tests.json");

/**
 * @typedef {object} PackageTests
 * @property {string} folder relative to the repository; `scripts` for those of the root
 * @property {number} passed
 * @property {number} skipped
 * @property {string[]} failures one line each: file and title
 */

/** @typedef {{ name: string, status: string, message: string, assertionResults: { fullName: string, status: string }[] }} TestFile as vitest reports it */

/**
 * Removes old reports, so that a package whose tests do not run is seen. Turbo puts back those of packages that did not change.
 *
 * @param {string} root the repository
 */
export function clearReports(root) {
  for (const folder of testedFolders(root)) rmSync(join(root, folder, reportFile), { force: true });
}

/**
 * @param {string} root the repository
 * @returns {PackageTests[]} a package without a report counts as one failure
 */
export function readReports(root) {
  return testedFolders(root).map((folder) => {
    const name = folder === "." ? "scripts" : folder;
    const path = join(root, folder, reportFile);
    if (!existsSync(path))
      return { folder: name, passed: 0, skipped: 0, failures: [`${name}: its tests left no report, so they did not run`] };
    /** @type {{ testResults: TestFile[] }} */
    const { testResults } = JSON.parse(readFileSync(path, "utf8"));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const passed = tests.filter(({ status }) => status === "passed").length;
    const failures = tests.length === 0 ? [`${name}: has no tests`] : testResults.flatMap((file) => failuresOf(file, root));
    return { folder: name, passed, skipped: tests.length - passed - tests.filter(({ status }) => status === "failed").length, failures };
  });
}

/** A file that fell before its first test has no failed test, and is one failure. @param {TestFile} file @param {string} root */
function failuresOf({ name, status, message, assertionResults }, root) {
  const path = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === "failed").map(({ fullName }) => `${path} › ${fullName}`);
  return status === "failed" && failed.length === 0 ? [`${path}: ${message.split("\n")[0]}`] : failed;
}

/** The root, whose vitest.config.ts is for the scripts, and each package that has tests to run. @param {string} root */
function testedFolders(root) {
  return globSync(["vitest.config.ts", "{packages,apps}/*/vitest.config.ts"], { cwd: root })
    .map((path) => join(path, ".."))
    .toSorted();
}
