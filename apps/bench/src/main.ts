/**
 * `npm run bench`: measures, prints, and with `--write` keeps the results and makes docs/benchmarks.md of them.
 */
import { parseArgs } from "node:util";
import { measureReads } from "./reads.ts";
import { describeMachine } from "./machine.ts";
import { writePage, writeResults } from "./page.ts";
import type { Run, Section } from "./section.ts";
import { toText } from "./text.ts";

const usage = `Usage: npm run bench -- [section…] [options]

  --quick   fewer and shorter rounds: to see that it works, not to quote
  --write   keep the results, and make docs/benchmarks.md of all that are kept

Sections:`;

const sections: Readonly<Record<string, { what: string; measure: (run: Run) => Promise<Section> }>> = {
  reads: { what: "a fresh token: the floor of the stack, Better Auth and Evergrant, in process and over HTTP", measure: measureReads },
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
