/**
 * The long form of the fuzz suite: seeded inputs for everything that takes any from others, and how many were not handled.
 *
 * usage: npm run fuzz -- [--runs 50000] [--seed 1] [--target "import lines"]
 *
 * Exit code 0 only if every input was handled.
 */
import { parseArgs } from "node:util";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
    target: { type: "string" },
  },
});
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`--target: one of ${targets.map(({ name }) => `"${name}"`).join(", ")}`);

const startedAt = performance.now();
let tried = 0;
let unhandled = 0;
for (const { name, share, fuzz } of chosen) {
  const runs = Math.ceil(Number(values.runs) * (chosen.length === 1 ? 1 : share));
  const count = await fuzz({ runs, seed: Number(values.seed) });
  tried += count.tried;
  unhandled += count.unhandled.length;
  for (const report of count.unhandled) console.log(`✗ ${name}, ${report}\n`);
  console.log(`${name}: ${count.tried} inputs tried, ${count.unhandled.length} unhandled`);
}
console.log(
  `in all: ${tried} inputs tried, ${unhandled} unhandled, in ${Math.round((performance.now() - startedAt) / 1_000)} s; seed ${values.seed}`,
);
process.exitCode = unhandled === 0 ? 0 : 1;
