/**
 * The same questions on files of a thousand, a hundred thousand and a million connections.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { seed } from "@evergrant/server/test/seed";
import { type Child, startChild } from "./child.ts";
import { clientId, integrationId } from "./evergrant-config.ts";
import type { GrowthAnswer, GrowthQuestion } from "./growth-process.ts";
import { type Claim, type Run, type Section, figure, spreadText } from "./section.ts";
import { percentile, ratioOf, spreadOf } from "./statistics.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const accessTokenBytes = 256;
const provider = "https://provider.example";

interface Grown {
  readonly connections: number;
  readonly startMs: number;
  readonly fileMiB: number;
  readonly rounds: GrowthAnswer[];
  readonly child: Child;
}

export async function measureGrowth(run: Run): Promise<Section> {
  await using folder = await temporaryFolder();
  const sizes = run.quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000];
  const encryptionKeys = generateEncryptionKey();
  const grown: Grown[] = [];
  try {
    for (const connections of sizes) grown.push(await grow(run, folder.path, connections, encryptionKeys));
    const rounds = run.quick ? 2 : 5;
    for (let round = 0; round < rounds; round += 1) {
      for (const { child, connections, rounds: answers } of grown) {
        const question = {
          kind: "measure",
          connections,
          reads: run.quick ? 1_000 : 10_000,
          pages: run.quick ? 20 : 100,
        } satisfies GrowthQuestion;
        answers.push(await child.ask<GrowthAnswer>(question));
      }
      run.say(`growth: round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const { child } of grown) await child[Symbol.asyncDispose]();
  }
  return report(grown);
}

async function grow(run: Run, folder: string, connections: number, encryptionKeys: string): Promise<Grown> {
  const path = join(folder, `${connections}.db`);
  const databaseUrl = `file:${path}`;
  const startedAt = performance.now();
  await seed({
    databaseUrl,
    encryptionKeys,
    integrationId,
    authority: provider,
    clientId,
    from: 0,
    to: connections,
    connectionsPerSubject: 1,
    accessTokenBytes,
    requestedAt: new Date(),
    expiresAt: new Date(Date.now() + 86_400_000),
    dueAt: () => new Date(Date.now() + 80_000_000),
    refreshToken: (number) => `refresh-${number}`.padEnd(64, "x"),
  });
  run.say(`growth: ${figure(connections)} connections in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  const { size } = await stat(path);
  const starts: number[] = [];
  // A process that has been opened three times is started anew each time; the last one stays.
  for (let start = 0; ; start += 1) {
    const child = await startChild(new URL("growth-process.ts", import.meta.url), 0);
    starts.push(await child.ask<number>({ kind: "open", databaseUrl, encryptionKeys, provider } satisfies GrowthQuestion));
    if (start === 2) return { connections, startMs: spreadOf(starts).median, fileMiB: size / 1_048_576, rounds: [], child };
    await child[Symbol.asyncDispose]();
  }
}

function report(grown: readonly Grown[]): Section {
  const [smallest, largest] = [grown[0], grown.at(-1)];
  if (smallest === undefined || largest === undefined) throw new Error("nothing was measured");
  const p50s = ({ rounds }: Grown, times: (answer: GrowthAnswer) => number[]) => rounds.map((answer) => percentOf(times(answer), 50));
  const middle = (each: Grown, times: (answer: GrowthAnswer) => number[]) => figure(spreadOf(p50s(each, times)).median);
  const reads = ratioOf(
    p50s(largest, (answer) => answer.reads),
    p50s(smallest, (answer) => answer.reads),
  );
  const memory = ratioOf(
    largest.rounds.map(({ residentMiB }) => residentMiB),
    smallest.rounds.map(({ residentMiB }) => residentMiB),
  );
  const measured = (what: string, target: string, ratio: { median: number; lowest: number; highest: number }, most: number): Claim => ({
    what,
    target,
    measured: `${spreadText(ratio)} ×`,
    holds: ratio.median <= most,
  });
  const span = `from ${figure(smallest.connections)} to ${figure(largest.connections)} connections`;
  return {
    name: "growth",
    title: "Growth",
    method: [
      `One file each, with tokens that are really sealed (${accessTokenBytes} bytes), filled by \`packages/server/test/seed.ts\`. A process for each file, on core 0, asked in turn; in process, one call after the other, connections at random, after a round that warms the page cache. Start-up is from opening the file to an app that answers, the middle of three processes.`,
    ],
    tables: [
      {
        caption: "Times are p50 in milliseconds unless said",
        columns: ["", ...grown.map(({ connections }) => figure(connections))],
        rows: [
          ["tokens.get, µs", ...grown.map((each) => figure(spreadOf(p50s(each, (answer) => answer.reads)).median * 1_000))],
          [
            "tokens.get p99, µs",
            ...grown.map(({ rounds }) => figure(spreadOf(rounds.map((answer) => percentOf(answer.reads, 99))).median * 1_000)),
          ],
          [
            "tokens.get, calls a second",
            ...grown.map(({ rounds }) => figure(spreadOf(rounds.map((answer) => answer.readsPerSecond)).median)),
          ],
          ["connections.list, first page of 50", ...grown.map((each) => middle(each, (answer) => answer.firstPage))],
          ["connections.list, a page from the middle", ...grown.map((each) => middle(each, (answer) => answer.middlePage))],
          ["connections.list of a subject", ...grown.map((each) => middle(each, (answer) => answer.subjectPage))],
          ["connections.list of an integration", ...grown.map((each) => middle(each, (answer) => answer.integrationPage))],
          ["one round of the refresher, nothing due", ...grown.map((each) => middle(each, (answer) => answer.idleRefresherPage))],
          ["start-up", ...grown.map(({ startMs }) => figure(startMs))],
          ["memory, MiB", ...grown.map(({ rounds }) => figure(spreadOf(rounds.map(({ residentMiB }) => residentMiB)).median))],
          ["file, MiB", ...grown.map(({ fileMiB }) => figure(fileMiB))],
        ],
      },
    ],
    plots: [
      {
        name: "growth-reads",
        title: "tokens.get in process, p50",
        unit: "µs",
        bars: grown.map((each) => {
          const { median, lowest, highest } = spreadOf(p50s(each, (answer) => answer.reads).map((ms) => ms * 1_000));
          return { label: `${figure(each.connections)} connections`, value: median, lowest, highest };
        }),
      },
    ],
    claims: [
      measured(`p50 of tokens.get, ${span}`, "at most 1.25 ×", reads, 1.25),
      measured(`memory, ${span}`, "at most 1.2 ×", memory, 1.2),
      {
        what: "start-up",
        target: "less than 1,000 ms",
        measured: `${figure(Math.max(...grown.map(({ startMs }) => startMs)))} ms`,
        holds: grown.every(({ startMs }) => startMs < 1_000),
      },
    ],
    notes: ["That every query of these pages is found by an index is a test: `packages/server/test/query-plans.spec.ts`."],
  };
}

function percentOf(times: readonly number[], percent: number): number {
  return percentile(
    times.toSorted((a, b) => a - b),
    percent,
  );
}
