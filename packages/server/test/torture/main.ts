/**
 * The long form of the torture suite: hundreds of seeded tortures, what broke in each, and a table of the states that connections ended in.
 *
 * usage: npm run torture -- [--runs 300] [--seed 1] [--kind kill] [--verbose]
 *
 * Exit code 0 only if no invariant broke. A single torture again: --seed <its seed> --runs 1, with the same --kind if one was given.
 */
import { parseArgs } from "node:util";
import { breaksIn } from "./invariants.ts";
import { describePlan, planOf, troubleKinds } from "./plan.ts";
import { startPool } from "./processes.ts";
import { torture } from "./scene.ts";
import { createTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    kind: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const kind = troubleKinds.find((known) => known === values.kind);
if (values.kind !== undefined && kind === undefined) throw new Error(`--kind: one of ${troubleKinds.join(", ")}`);

await using pool = startPool(3);
const table = createTable();
const firstSeed = Number(values.seed);
const startedAt = performance.now();
for (let seed = firstSeed; seed < firstSeed + Number(values.runs); seed += 1) {
  const plan = planOf(seed, kind);
  try {
    const evidence = await torture(plan, pool);
    const breaks = breaksIn(evidence);
    table.enter(evidence, breaks);
    if (breaks.length > 0 || values.verbose) console.log(describePlan(plan));
    for (const { invariant, seen } of breaks) console.log(`  ✗ ${invariant}: ${seen}`);
  } catch (error) {
    table.enterFailure(plan);
    console.log(`${describePlan(plan)}\n  ✗ the torture itself failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}
console.log(table.print());
console.log(`${Math.round((performance.now() - startedAt) / 1000)} s; seeds ${firstSeed} to ${firstSeed + Number(values.runs) - 1}`);
process.exitCode = table.broken() === 0 ? 0 : 1;
