/**
 * Where and with what was measured.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { canPin } from "./child.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
/** What the figures depend on beside our own code. */
const measuredWith = ["better-auth", "@trpc/server", "hono", "@hono/node-server", "drizzle-orm", "@libsql/client", "autocannon"];

/** Machine, kernel, Node, commit and versions, a line each. */
export function describeMachine(): string[] {
  const [cpu] = cpus();
  const gib = (totalmem() / 1_073_741_824).toFixed(0);
  return [
    `${cpus().length} cores (${cpu?.model ?? "unknown"}), ${gib} GiB, ${type()} ${release()} ${arch()}`,
    `Node ${process.versions.node}, SQLite in libsql ${versionOf("libsql")}, commit ${commit()}`,
    measuredWith.map((name) => `${name} ${versionOf(name)}`).join(", "),
    `${canPin ? "server and load pinned to a core each" : "no taskset here: the system placed the processes"}; load average at the start ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}`,
  ];
}

function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { cwd: repository, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** From the manifest, wherever the package keeps its entry. */
function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      const manifest = JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")) as { version?: string };
      return manifest.version ?? "unknown";
    } catch {
      // Not in this folder: the next one up.
    }
  }
  return "unknown";
}
