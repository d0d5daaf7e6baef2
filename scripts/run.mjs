/**
 * The door of every root script: brings the toolchain, installs the workspace when its lockfile changed, then runs a command.
 * Needs Node 20 and npm, nothing else.
 *
 * usage: node scripts/run.mjs [--build <folder>] [--in <folder>] <command> [arguments…]
 *
 * `--build` brings that package's dist up to date first; `--in` is where the command runs. What we say ourselves goes to stderr.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.mjs";
import { commandEnvironment, installEnvironment } from "./environment.mjs";
import { withLock } from "./lock.mjs";
import { bringTools, hasTools, wantedTools } from "./toolchain.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const installedMark = join(root, "node_modules", ".evergrant-installed");

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`evergrant: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

/** @param {string[]} argv @returns {Promise<number>} the exit code */
async function main(argv) {
  const { build, folder, command, rest } = parse(argv);
  if (process.platform === "win32") throw new Error("Windows is not supported yet: run this inside WSL 2");
  for (const step of [prepare, ...(build ? [() => buildPackage(build)] : [])]) {
    const ended = await step();
    if (ended?.interruptedBy) return 128 + constants.signals[ended.interruptedBy];
  }
  const ended = await runChild(command, rest, { cwd: join(root, folder), env: commandEnvironment(process.env, root) }).catch((error) => {
    throw new Error(error.code === "ENOENT" ? `no command ${command}` : error.message);
  });
  return ended.code;
}

/** @param {string[]} argv */
function parse(argv) {
  const options = { "--build": "", "--in": "." };
  let at = 0;
  for (let name = argv[at]; name === "--build" || name === "--in"; name = argv[at]) {
    options[name] = argv[at + 1] ?? "";
    at += 2;
  }
  const [command, ...rest] = argv.slice(at);
  if (!command) throw new Error("usage: node scripts/run.mjs [--build <folder>] [--in <folder>] <command> [arguments…]");
  return { build: options["--build"], folder: options["--in"], command, rest };
}

/** Tools, then packages. On all but the first run there is nothing to do, and then nobody waits for a lock. */
async function prepare() {
  const tools = wantedTools({ version: process.versions.node, platform: process.platform, arch: process.arch });
  if (hasTools(root, tools) && isInstalled()) return null;
  const home = join(root, ".toolchain");
  mkdirSync(home, { recursive: true });
  return withLock(join(home, "lock"), () => install(tools), {
    onWait: (owner) => console.error(`evergrant: waiting for process ${owner}, which is installing`),
  });
}

/** Who waited for the lock looks again: its owner may have done it all. @param {readonly string[]} tools */
async function install(tools) {
  const brought = hasTools(root, tools) ? null : await bringTools(root, tools);
  if (brought?.interruptedBy || isInstalled()) return brought;
  console.error("evergrant: installing packages (once for each lockfile)");
  const args = ["install", "--frozen-lockfile", "--reporter=append-only"];
  const ended = await runChild("pnpm", args, { cwd: root, env: installEnvironment(process.env, root), capture: true });
  if (ended.interruptedBy) return ended;
  if (ended.code !== 0) {
    console.error(ended.output);
    throw new Error("pnpm could not install the packages (its words are above): mend what it names and run this again");
  }
  // Written last, and into node_modules: a killed install or a deleted folder is installed again.
  writeFileSync(installedMark, lockfileHash());
  return ended;
}

function isInstalled() {
  return existsSync(installedMark) && readFileSync(installedMark, "utf8") === lockfileHash();
}

function lockfileHash() {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** @param {string} folder */
async function buildPackage(folder) {
  const args = ["run", "build", `--filter=./${folder}`];
  const ended = await runChild("turbo", args, { cwd: root, env: commandEnvironment(process.env, root), capture: true });
  if (ended.code === 0 || ended.interruptedBy) return ended;
  console.error(ended.output);
  throw new Error(`${folder} does not build (the compiler's words are above)`);
}
