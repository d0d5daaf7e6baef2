/**
 * docs/benchmarks.md: made of the results that are kept beside the plots, so that one section can be measured anew by itself.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./machine.ts";
import { plotSvg } from "./plot.ts";
import type { Section, Table } from "./section.ts";

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
const folder = `${docs}benchmarks/`;

interface Kept extends Section {
  readonly measuredAt: string;
  readonly machine: readonly string[];
}

/** In the order of the page; others follow. */
const order = ["reads", "renewals", "stampede", "growth", "throughput", "scaling", "types"];

/** Keeps a section's results, and draws its plots. */
export async function writeResults(section: Section): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kept: Kept = { ...section, measuredAt: new Date().toISOString().slice(0, 10), machine: describeMachine() };
  await writeFile(`${folder}${section.name}.json`, `${JSON.stringify(kept, null, 2)}\n`);
  for (const plot of section.plots) await writeFile(`${folder}${plot.name}.svg`, plotSvg(plot));
}

/** Writes the page anew. */
export async function writePage(): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  const sorted = names.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  const sections = await Promise.all(sorted.map(async (name) => JSON.parse(await readFile(`${folder}${name}.json`, "utf8")) as Kept));
  const page = `${docs}benchmarks.md`;
  await writeFile(page, [head, ...sections.map(toMarkdown)].join("\n"));
  // As every other file of the repository is formatted.
  execFileSync("oxfmt", [folder, page]);
}

const head = `# Benchmarks

<!-- Made by \`npm run bench -- --write\`; change apps/bench instead. -->

Evergrant beside two others on the same machine, in the same run: the floor of its own stack, which does the least that this stack can, and Better
Auth, which is what many would pick instead. Measure it yourself: \`npm run bench -- --quick\` takes a few minutes, and \`npm run bench\` does all that is here.
These machines are shared and noisy, so look at the ratios rather than at the figures, and at the load average that each section ends with: above 2 on two cores, other programs took a large part
of both, throughput and latency say more of them than of the servers, and the section should be measured again. [The hot path](decisions/hot-path.md) has the same comparison by processor time, which suffers least.
The plots are SVG drawn by \`apps/bench/src/plot.ts\`.
`;

function toMarkdown(section: Kept): string {
  return [
    `## ${section.title}\n`,
    ...section.method.map((sentence) => `${sentence}\n`),
    ...section.plots.map(({ name, title }) => `![${title}](benchmarks/${name}.svg)\n`),
    ...section.tables.map(tableOf),
    ...(section.claims.length === 0 ? [] : [claimsOf(section)]),
    ...section.notes.map((note) => `${note}\n`),
    `Measured on ${section.measuredAt}: ${section.machine.join("; ")}.\n`,
  ].join("\n");
}

function claimsOf({ claims }: Section): string {
  return tableOf({
    caption: "What was promised",
    columns: ["", "promised", "measured", ""],
    rows: claims.map(({ what, target, measured, holds }) => [what, target, measured, holds ? "holds" : "**does not hold**"]),
  });
}

function tableOf({ caption, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`${caption}:\n`, line(columns), line(columns.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line), ""].join(
    "\n",
  );
}
