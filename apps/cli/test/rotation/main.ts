/**
 * Rotates the keys of many connections while they are read and refreshed, killing the command on the way, and says what came of it.
 *
 * usage: npm run rotation -- [--connections 50000] [--kills 3]
 *
 * A connection has two secrets, so 50,000 of them are 100,000 rows. Exit code 0 only if nothing failed.
 */
import { parseArgs } from "node:util";
import type { KeysStatus } from "@evergrant/schema";
import { rotate } from "./scene.ts";

const { values } = parseArgs({
  options: { connections: { type: "string", default: "50000" }, kills: { type: "string", default: "3" } },
});
const connections = Number(values.connections);
const kills = Number(values.kills);
const rows = connections * 2;
// A command tells of its progress once a second, so each is killed somewhere after its share.
const killAtRows = Array.from({ length: kills }, () => Math.max(1, Math.floor(rows / (kills + 3))));
const evidence = await rotate({ connections, killAtRows, helpers: 2, paceMs: 0, say: (line) => console.log(line) });
const { use, statuses, rotationSeconds, importSeconds } = evidence;
const end = statuses.at(-1);

console.log(`
rows                     ${rows}
killed (SIGKILL)         ${evidence.killed} times, the last part by two commands at once
rows sealed per second   ${Math.round(rows / rotationSeconds)} (${rotationSeconds.toFixed(1)} s, starts of the commands included)
rows per key             ${statuses.map(perKey).join("  ->  ")}
reads meanwhile          ${use.reads}, median ${use.readMs.median.toFixed(2)} ms, p99 ${use.readMs.p99.toFixed(1)} ms, longest ${use.readMs.longest.toFixed(0)} ms
refreshes meanwhile      ${use.refreshes}
failures                 ${sum([...use.failures.values()])} ${[...use.failures].map(([what, count]) => `${what}: ${count}`).join("; ")}
refresh tokens reused    ${evidence.reused}
old key retired          ${evidence.retired}
secrets that do not open ${evidence.unreadable}
wrong tokens afterwards  ${evidence.lost} of ${connections}
import                   ${Math.round(connections / importSeconds)} connections a second`);

const isWhole = use.failures.size === 0 && evidence.reused === 0 && evidence.lost === 0 && evidence.unreadable === 0 && evidence.retired;
process.exitCode = isWhole && evidence.killed === kills && end?.remainingRows === 0 ? 0 : 1;

function perKey({ dataKeys }: KeysStatus): string {
  const sealing = dataKeys.filter(({ madeFor }) => madeFor !== "digest");
  return sealing.map(({ id, rows: count }) => `${id.slice(0, 6)} ${count}`).join(" + ");
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
