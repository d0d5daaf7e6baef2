/**
 * `npm run bench`: measures, prints, and with `--write` keeps the results and makes docs/benchmarks.md of them.
 */
import { parseArgs } from "node:util";
import { measureGrowth } from "./growth.ts";
import { measureReads } from "./reads.ts";
import { measureRenewals } from "./renewals.ts";
import { simulateScaling } from "./scaling.ts";
import { measureStampede } from "./stampede.ts";
import { describeMachine } from "./machine.ts";
import { writePage, writeResults } from "./page.ts";
import type { Run, Section } from "./section.ts";
import { toText } from "./text.ts";
import { measureThroughput } from "./throughput.ts";
import { measureTypes } from "./types.ts";

const usage = `Usage: npm run bench -- [section…] [options]

  --quick   fewer and shorter rounds: to see that it works, not to quote
  --write   keep the results, and make docs/benchmarks.md of all that are kept

Sections:`;

const sections: Readonly<Record<string, { what: string; measure: (run: Run) => Promise<Section> }>> = {
  reads: { what: "a fresh token: the floor of the stack, Better Auth and Evergrant, in process and over HTTP", measure: measureReads },
  renewals: { what: "a token that is due or has expired, over HTTP: what callers wait for and what is left", measure: measureRenewals },
  stampede: { what: "four hundred callers in four processes, one expired token, strict rotation", measure: measureStampede },
  growth: { what: "a thousand, a hundred thousand and a million connections in one file", measure: measureGrowth },
  throughput: {
    what: "refreshes, key rotation, webhooks and streams of events; what a durable write costs here",
    measure: measureThroughput,
  },
  scaling: { what: "a simulation of the refreshes of ten million connections", measure: simulateScaling },
  types: { what: "the compiler on each package, on a large config, and on the repository", measure: measureTypes },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(sections, name));
if (values.help || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no section ${name}.`);
  console.log([usage, ...Object.entries(sections).map(([name, { what }]) => `  ${name.padEnd(12)}${what}`)].join("\n"));
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  for (const line of describeMachine()) console.log(line);
  for (const [name, { measure }] of Object.entries(sections)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const section = await measure({ quick: values.quick, say: (line) => console.log(line) });
    console.log(toText(section));
    if (values.write) await writeResults(section);
  }
  if (values.write) await writePage();
}
