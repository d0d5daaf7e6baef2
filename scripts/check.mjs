/**
 * Every check and every test of the repository, with a count at the end.
 *
 * usage: node scripts/run.mjs node scripts/check.mjs [name…]   without names: all of them
 *
 * Exit code 0 only if all passed. The last line is `N passed, N failed`; it counts each check and each test as one.
 */
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.mjs";
import { findChromium } from "./chromium.mjs";
import { clearReports, readReports } from "./test-reports.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Turbo's account of what went well is noise here. */
const turbo = ["turbo", "run", "--output-logs=errors-only", "--log-order=grouped", "--continue"];

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {readonly (readonly string[])[]} commands all of which must succeed
 * @property {string} [needs] the check without which this one says nothing
 */

/** The quick ones first. @type {readonly Check[]} */
const checks = [
  { name: "format", commands: [["oxfmt", "--check"]] },
  { name: "lint", commands: [["oxlint"]] },
  {
    name: "types",
    commands: [
      ["tsc", "-p", "tsconfig.json"],
      [...turbo, "typecheck"],
    ],
  },
  { name: "knip", commands: [["knip"], ["knip", "--production"]] },
  { name: "docs", commands: [["node", "scripts/docs-paths.mjs"]] },
  { name: "build", commands: [[...turbo, "build"]] },
  { name: "packaging", commands: [["node", "scripts/packaging.mjs"]], needs: "build" },
];

/** Packages through turbo, which knows what needs a build and what did not change; then the scripts themselves. */
const testRuns = [
  [...turbo, "test"],
  ["vitest", "run"],
];

const tally = { passed: 0, failed: 0 };

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} names @returns {Promise<number>} the exit code */
async function main(names) {
  const known = [...checks.map(({ name }) => name), "tests"];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`no check is called ${unknown.join(", ")}; there are ${known.join(", ")}`);
    return 2;
  }
  const wanted = new Set(names.length > 0 ? names : known);
  const startedAt = performance.now();
  const failed = new Set();
  for (const check of checks.filter(({ name }) => wanted.has(name))) {
    const fault = failed.has(check.needs) ? `not run, since ${check.needs} failed` : await run(check.commands);
    if (fault !== null) failed.add(check.name);
    tell(check.name, fault);
  }
  if (wanted.has("tests")) await runTests();
  console.log(`\n${Math.round((performance.now() - startedAt) / 1000)} s`);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

/** @param {string} name @param {string | null} fault */
function tell(name, fault) {
  if (fault === null) tally.passed += 1;
  else tally.failed += 1;
  console.log(fault === null ? `✓ ${name}` : `✗ ${name}: ${fault}`);
}

/**
 * Runs commands until one fails.
 *
 * @param {Check["commands"]} commands
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | null>} what went wrong: the command and all it printed
 */
async function run(commands, env = process.env) {
  for (const [command = "", ...args] of commands) {
    const { code, interruptedBy, output } = await runChild(command, args, { cwd: root, env, capture: true });
    if (interruptedBy) process.exit(128 + constants.signals[interruptedBy]);
    if (code !== 0) return `${[command, ...args].join(" ")} ended with exit code ${code}\n${output.trimEnd()}\n`;
  }
  return null;
}

/** Counts from vitest's own reports; how the commands ended is believed only where the reports show no failure. */
async function runTests() {
  const chromium = findChromium(process.env);
  const isBrowserRequired = process.env.EVERGRANT_REQUIRE_BROWSER === "1";
  const faults = [];
  clearReports(root);
  console.log("… tests");
  for (const command of testRuns) faults.push(await run([command], { ...process.env, ...(chromium && { EVERGRANT_CHROMIUM: chromium }) }));
  const reports = readReports(root);
  for (const { folder, passed, failures, skipped } of reports) {
    tally.passed += passed;
    tally.failed += failures.length;
    const parts = [`${passed} passed`, `${failures.length} failed`, `${skipped} skipped`].filter((part) => !part.startsWith("0 "));
    console.log(`${failures.length === 0 ? "✓" : "✗"} ${folder}: ${parts.join(", ")}`);
  }
  const failures = reports.flatMap((report) => report.failures);
  for (const fault of faults) {
    if (fault !== null && failures.length === 0) tell("tests", fault);
    else if (fault !== null) console.log(fault);
  }
  for (const failure of failures) console.log(`✗ ${failure}`);
  const skipped = reports.reduce((sum, report) => sum + report.skipped, 0);
  if (isBrowserRequired) tell("browser tests", browserFault(chromium, skipped));
  else if (!chromium) console.log("Browser tests did not run: no Chromium was found (EVERGRANT_CHROMIUM may name one).");
}

/** Where a browser is required nothing may be left out: a test that is skipped says so for want of one. @param {string | undefined} chromium @param {number} skipped */
function browserFault(chromium, skipped) {
  if (!chromium) return "EVERGRANT_REQUIRE_BROWSER is set, but no Chromium was found";
  return skipped === 0 ? null : `EVERGRANT_REQUIRE_BROWSER is set, but ${skipped} tests were skipped`;
}
