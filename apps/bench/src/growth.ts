/**
 * The same questions on files of a thousand, a hundred thousand and a million connections.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { generateEncryptionKey } from "@evergrant/server";
import { seed, seededConnectionId } from "@evergrant/server/test/seed";
import { type Child, startChild } from "./child.ts";
import { clientId, integrationId } from "./evergrant-config.ts";
import type { GrowthAnswer, GrowthQuestion, Served } from "./growth-process.ts";
import type { Load, LoadRequest, LoadResult } from "./load.ts";
import { type Claim, type Run, type Section, figure, spreadText } from "./section.ts";
import { randomNumbers } from "./sides/side.ts";
import { percentile, ratioOf, spreadOf } from "./statistics.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const accessTokenBytes = 256;
const provider = "https://provider.example";
/** So many that a file of a thousand connections is asked for each of them several times. */
const requestCount = 20_000;
/** How long servers are waited for, and how often they are looked at: longer than the two seconds between two rounds of sealing. */
const settleDeadlineMs = 30_000;
const settlePauseMs = 2_500;

/** A file of so many connections, what serves it, and what was measured. */
interface Grown {
  readonly connections: number;
  readonly fileMiB: number;
  readonly server: Child;
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  readonly startMs: number;
  /** Called in process. */
  readonly inside: Child;
  readonly rounds: Round[];
}

interface Round {
  readonly alone: LoadResult;
  readonly crowd: LoadResult;
  /** Of the server, after all that was asked of it. */
  readonly memoryMiB: number;
  readonly inside: GrowthAnswer;
}

export async function measureGrowth(run: Run): Promise<Section> {
  await using folder = await temporaryFolder();
  await using load = await startChild(new URL("load-process.ts", import.meta.url), 1);
  const sizes = run.quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000];
  const grown: Grown[] = [];
  try {
    for (const connections of sizes) grown.push(await grow(run, folder.path, connections));
    const rounds = run.quick ? 2 : 5;
    for (let round = -1; round < rounds; round += 1) {
      for (const each of grown) {
        await settled(grown);
        const measured = await measure(run, load, each);
        if (round >= 0) each.rounds.push(measured);
      }
      run.say(round < 0 ? "growth: warm" : `growth: round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const { server, inside } of grown) {
      await server[Symbol.asyncDispose]();
      await inside[Symbol.asyncDispose]();
    }
  }
  return report(grown);
}

/** Waits until no server does anything by itself any more: each goes on sealing the audit of what it was asked before. */
async function settled(grown: readonly Grown[]): Promise<void> {
  const cpuSeconds = () => grown.reduce((sum, { server }) => sum + server.cpuSeconds(), 0);
  for (const deadline = performance.now() + settleDeadlineMs; performance.now() < deadline;) {
    const before = cpuSeconds();
    await pause(settlePauseMs);
    if (!(cpuSeconds() - before > 0.1)) return;
  }
}

async function measure(run: Run, load: Child, { url, requests, connections, server, inside }: Grown): Promise<Round> {
  const fire = (callers: number) =>
    load.ask<LoadResult>({ url, requests, connections: callers, seconds: run.quick ? 1 : 3 } satisfies Load);
  const question = {
    kind: "measure",
    connections,
    reads: run.quick ? 1_000 : 10_000,
    pages: run.quick ? 20 : 100,
  } satisfies GrowthQuestion;
  return {
    alone: await fire(1),
    crowd: await fire(32),
    memoryMiB: await server.ask<number>({ kind: "memory" } satisfies GrowthQuestion),
    inside: await inside.ask<GrowthAnswer>(question),
  };
}

async function grow(run: Run, folder: string, connections: number): Promise<Grown> {
  const path = join(folder, `${connections}.db`);
  const encryptionKeys = generateEncryptionKey();
  const startedAt = performance.now();
  const { apiKey } = await seed({
    databaseUrl: `file:${path}`,
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
  const child = () => startChild(new URL("growth-process.ts", import.meta.url), 0, ["--expose-gc"]);
  const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  const requests = randomNumbers(requestCount, connections).map((number): LoadRequest => {
    const body = JSON.stringify({ connectionId: seededConnectionId(number) });
    return { method: "POST", path: "/trpc/tokens.get", headers, body };
  });
  const starts: number[] = [];
  // Started three times, each in a process of its own; the last one stays.
  for (let start = 0; ; start += 1) {
    const server = await child();
    const { url, startMs } = await server.ask<Served>({ kind: "serve", path, encryptionKeys, provider } satisfies GrowthQuestion);
    starts.push(startMs);
    if (start < 2) await server[Symbol.asyncDispose]();
    else {
      const inside = await child();
      await inside.ask({ kind: "open", path, encryptionKeys, provider } satisfies GrowthQuestion);
      return { connections, fileMiB: size / 1_048_576, server, url, requests, startMs: spreadOf(starts).median, inside, rounds: [] };
    }
  }
}

function report(grown: readonly Grown[]): Section {
  const [smallest, largest] = [grown[0], grown.at(-1)];
  if (smallest === undefined || largest === undefined) throw new Error("nothing was measured");
  const each = (value: (round: Round) => number) => grown.map(({ rounds }) => figure(spreadOf(rounds.map(value)).median));
  const insideMicroseconds = ({ inside }: Round) => percentOf(inside.reads, 50) * 1_000;
  const from = (value: (round: Round) => number) => ratioOf(largest.rounds.map(value), smallest.rounds.map(value));
  const claim = (what: string, most: number, ratio: { median: number; lowest: number; highest: number }): Claim => ({
    what: `${what}, from ${figure(smallest.connections)} to ${figure(largest.connections)} connections`,
    target: `at most ${most} ×`,
    measured: `${spreadText(ratio)} ×`,
    holds: ratio.median <= most,
  });
  return {
    name: "growth",
    title: "Growth",
    method: [
      `One file each, with tokens that are really sealed (${accessTokenBytes} bytes), filled by \`packages/server/test/seed.ts\`. For each file a server (\`evergrant serve\`) on core 0, asked from core 1 for connections at random, and a process that calls the same procedures one after the other without a server. All files are asked in turn, each once all servers have sealed the audit of what they were asked before, after a round that warms the page cache. Start-up is from opening the file to a server that listens, the middle of three processes; memory is what the server has resident after all that was asked of it and a collection of garbage. Every connection that is read for the first time in a minute is an entry of the audit log, so that a large file has one for nearly each read, and a small one hardly any: throughput and p99 show it.`,
    ],
    tables: [
      {
        caption: "Over HTTP",
        columns: ["", ...grown.map(({ connections }) => figure(connections))],
        rows: [
          ["tokens.get, one caller: p50 ms", ...each(({ alone }) => alone.p50Ms)],
          ["tokens.get, one caller: p99 ms", ...each(({ alone }) => alone.p99Ms)],
          ["tokens.get, 32 callers: p50 ms", ...each(({ crowd }) => crowd.p50Ms)],
          ["tokens.get, 32 callers: p99 ms", ...each(({ crowd }) => crowd.p99Ms)],
          ["tokens.get, 32 callers: tokens/s", ...each(({ crowd }) => crowd.perSecond)],
          ["start-up, ms", ...grown.map(({ startMs }) => figure(startMs))],
          ["memory, MiB", ...each(({ memoryMiB }) => memoryMiB)],
          ["file, MiB", ...grown.map(({ fileMiB }) => figure(fileMiB))],
        ],
      },
      {
        caption: "In process, p50 in milliseconds unless said",
        columns: ["", ...grown.map(({ connections }) => figure(connections))],
        rows: [
          ["tokens.get, µs", ...each(insideMicroseconds)],
          ["tokens.get p99, µs", ...each(({ inside }) => percentOf(inside.reads, 99) * 1_000)],
          ["tokens.get, calls a second", ...each(({ inside }) => inside.readsPerSecond)],
          ["connections.list, first page of 50", ...each(({ inside }) => percentOf(inside.firstPage, 50))],
          ["connections.list, a page from the middle", ...each(({ inside }) => percentOf(inside.middlePage, 50))],
          ["connections.list of a subject", ...each(({ inside }) => percentOf(inside.subjectPage, 50))],
          ["connections.list of an integration", ...each(({ inside }) => percentOf(inside.integrationPage, 50))],
          ["one round of the refresher, nothing due", ...each(({ inside }) => percentOf(inside.idleRefresherPage, 50))],
        ],
      },
    ],
    plots: [
      {
        name: "growth-reads",
        title: "tokens.get over HTTP, one caller, p50",
        unit: "µs",
        bars: grown.map(({ connections, rounds }) => {
          const { median, lowest, highest } = spreadOf(rounds.map(({ alone }) => alone.p50Ms * 1_000));
          return { label: `${figure(connections)} connections`, value: median, lowest, highest };
        }),
      },
    ],
    claims: [
      claim(
        "p50 of tokens.get over HTTP, one caller",
        1.25,
        from(({ alone }) => alone.p50Ms),
      ),
      claim(
        "p50 of tokens.get over HTTP, 32 callers",
        1.25,
        from(({ crowd }) => crowd.p50Ms),
      ),
      claim("p50 of tokens.get in process", 1.25, from(insideMicroseconds)),
      claim(
        "memory of a server",
        1.2,
        from(({ memoryMiB }) => memoryMiB),
      ),
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
