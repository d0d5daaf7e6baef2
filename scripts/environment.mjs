/** What of our environment a child process gets: nothing that npm set for the script it runs, everything else. */
import { delimiter, join } from "node:path";

/** Settings that say how to reach the registry; any other npm setting would change what a nested install does (`--dry-run`, `omit=optional`, `prefix`). */
const reachRegistry =
  /^npm_config_(?:registry|@.*|\/\/.*|userconfig|globalconfig|cache|(?:https?_)?proxy|no_?proxy|ca|cafile|cert|key|strict_ssl|offline|prefer_offline|prefer_online|fetch_.*|maxsockets|local_address)$/i;

/** Tools stay quiet about themselves: no telemetry, no hint that there is a newer version. */
const quiet = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1", NO_UPDATE_NOTIFIER: "1" };

/**
 * The environment of a command: the toolchain and the workspace's own commands first on the PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root the repository
 * @returns {NodeJS.ProcessEnv}
 */
export function commandEnvironment(env, root) {
  const bins = [join(root, ".toolchain", "node_modules", ".bin"), join(root, "node_modules", ".bin")];
  return { ...withoutNpm(env), ...quiet, PATH: [...bins, env.PATH].filter(Boolean).join(delimiter) };
}

/**
 * The environment of an install: also no `NODE_ENV`, which as `production` leaves out the build tools, and no question that waits for a terminal.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root the repository
 * @returns {NodeJS.ProcessEnv}
 */
export function installEnvironment(env, root) {
  const { NODE_ENV: _, ...rest } = commandEnvironment(env, root);
  return { ...rest, CI: "true" };
}

/** @param {NodeJS.ProcessEnv} env */
function withoutNpm(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name) || reachRegistry.test(name)));
}
