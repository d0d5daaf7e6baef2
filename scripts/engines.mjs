/** Finds what a published package brings along that asks for a newer Node than the package itself: npm warns of it, or refuses to install. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { minVersion, satisfies } from "semver";

/**
 * @param {string} folder a package of the workspace, installed
 * @returns {string[]} one line per dependency, near or far, that does not run on the oldest Node of the package's `engines`
 */
export function newerEngines(folder) {
  const oldest = minVersion(manifestOf(folder).engines?.node ?? "*")?.version ?? "0.0.0";
  const seen = new Set();
  /** @param {string} from @returns {string[]} */
  const visit = (from) => {
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(from);
    return Object.keys(dependencies).flatMap((name) => {
      // npm leaves out what is optional where it does not fit.
      const found = name in optionalDependencies ? null : folderOf(name, from);
      if (found === null || seen.has(found)) return [];
      seen.add(found);
      const { version, engines } = manifestOf(found);
      const asks = engines?.node ?? "*";
      const fault = satisfies(oldest, asks) ? [] : [`${name} ${version} asks for Node ${asks}, and package.json promises ${oldest}`];
      return [...fault, ...visit(found)];
    });
  };
  return visit(realpathSync(folder));
}

/** @param {string} folder */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** As Node resolves a package: in the nearest `node_modules` that has it. @param {string} name @param {string} from */
function folderOf(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (folder === dirname(folder)) return null;
  }
}
