/**
 * Reading one fresh token: the floor, Better Auth and Evergrant, in process and over HTTP, interleaved.
 */
import { type Child, startChild } from "./child.ts";
import type { Load, LoadResult } from "./load.ts";
import { type Claim, type Plot, type Run, type Section, type Table, figure, spreadText } from "./section.ts";
import type { PreparedSide, SideQuestion, SideSettings } from "./sides/side.ts";
import { ratioOf, spreadOf } from "./statistics.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const sideNames = ["floor", "better-auth", "evergrant"] as const;
type SideName = (typeof sideNames)[number];

/** What is measured: which requests of which side, on how many connections at once. */
interface Measurement {
  readonly side: SideName;
  readonly requests: string;
  readonly label: string;
  /** Tokens in each answer. */
  readonly tokens: number;
  readonly connections: number;
}

const overHttp: readonly Measurement[] = [
  { side: "floor", requests: "post", label: "floor: tRPC, one read, one open", tokens: 1, connections: 32 },
  { side: "better-auth", requests: "session", label: "Better Auth getAccessToken, session cookie", tokens: 1, connections: 32 },
  { side: "evergrant", requests: "connection_id", label: "Evergrant tokens.get, API key", tokens: 1, connections: 32 },
  { side: "evergrant", requests: "account", label: "Evergrant tokens.get by integration, subject and account", tokens: 1, connections: 32 },
  { side: "evergrant", requests: "batch_10", label: "Evergrant, batches of 10", tokens: 10, connections: 32 },
  { side: "evergrant", requests: "batch_100", label: "Evergrant, batches of 100", tokens: 100, connections: 32 },
  { side: "floor", requests: "post", label: "floor, one caller", tokens: 1, connections: 1 },
  { side: "better-auth", requests: "session", label: "Better Auth, one caller", tokens: 1, connections: 1 },
  { side: "evergrant", requests: "connection_id", label: "Evergrant, one caller", tokens: 1, connections: 1 },
];
const inProcess: readonly { side: SideName; call: string; label: string }[] = [
  { side: "floor", call: "read", label: "floor: one read, one open, no tRPC" },
  { side: "better-auth", call: "session", label: "Better Auth auth.api.getAccessToken, session cookie" },
  { side: "better-auth", call: "user_id", label: "Better Auth auth.api.getAccessToken, user id" },
  { side: "evergrant", call: "connection_id", label: "Evergrant caller.tokens.get" },
];

/** Subjects with so many connections each; about as many connections in all. */
const populations = [
  { subjects: 2_000, connectionsPerSubject: 1 },
  { subjects: 100, connectionsPerSubject: 20 },
] as const;
const accessTokenBytes = 1_024;

export async function measureReads(run: Run): Promise<Section> {
  const sections: Measured[] = [];
  for (const population of run.quick ? populations.slice(0, 1) : populations) {
    run.say(`reads: ${population.subjects} subjects with ${population.connectionsPerSubject} connections each`);
    sections.push(await measure(run, { ...population, accessTokenBytes }));
  }
  const [first] = sections;
  if (first === undefined) throw new Error("nothing was measured");
  return {
    name: "reads",
    title: "Reading a fresh token",
    method: [
      "Each side is a server in a process of its own on core 0; the load, autocannon, is another on core 1. All three servers are up throughout, and only one is asked at a time.",
      `Rounds are interleaved: every measurement once, then every measurement again, beginning one further on; ${roundsOf(run)} rounds of ${run.quick ? 1 : 2} s after one that does not count. Figures are medians with the lowest and highest round; a ratio is taken within each round, and then its median.`,
      `Access tokens of ${figure(accessTokenBytes)} bytes, asked for at random among all connections. The floor authenticates nobody and records nothing; Evergrant is \`evergrant serve\` with a credential of the least permissions and its default audit; Better Auth has \`encryptOAuthTokens\` on and its rate limit off.`,
    ],
    tables: sections.flatMap(({ tables }) => tables),
    plots: first.plots,
    claims: first.claims,
    notes: [
      "Where other programs load the machine, as its load average below may tell, throughput and latency say more of them than of the servers; the processor time of a token suffers least.",
    ],
  };
}

function roundsOf({ quick }: Run): number {
  return quick ? 2 : 3;
}

/** What a load came to, and the processor time that the server had for each token of it. */
interface Loaded extends LoadResult {
  readonly cpuMicroseconds: number;
}

interface Measured {
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly claims: readonly Claim[];
}

async function measure(run: Run, population: Omit<SideSettings, "folder">): Promise<Measured> {
  await using folder = await temporaryFolder();
  await using load = await startChild(new URL("load-process.ts", import.meta.url), 1);
  await using floor = await startChild(new URL("sides/floor.ts", import.meta.url), 0);
  await using betterAuth = await startChild(new URL("sides/better-auth.ts", import.meta.url), 0);
  await using evergrant = await startChild(new URL("sides/evergrant.ts", import.meta.url), 0);
  const children: Record<SideName, Child> = { floor, "better-auth": betterAuth, evergrant };
  const prepare = (name: SideName) =>
    children[name].ask<PreparedSide>({ kind: "prepare", settings: { folder: folder.path, ...population } } satisfies SideQuestion);
  const sides: Record<SideName, PreparedSide> = {
    floor: await prepare("floor"),
    "better-auth": await prepare("better-auth"),
    evergrant: await prepare("evergrant"),
  };

  const http = new Map<Measurement, Loaded[]>(overHttp.map((each) => [each, []]));
  const calls = new Map(inProcess.map((each) => [each, new Array<number>()]));
  const rounds = roundsOf(run);
  for (let round = -1; round < rounds; round += 1) {
    for (const each of rotated(overHttp, round)) {
      const { url, requests } = sides[each.side];
      const seconds = run.quick || round < 0 ? 1 : 2;
      const question: Load = { url, requests: requests[each.requests] ?? [], connections: each.connections, seconds };
      const before = children[each.side].cpuSeconds();
      const result = await load.ask<LoadResult>(question);
      const cpuMicroseconds = ((children[each.side].cpuSeconds() - before) * 1_000_000) / (result.perSecond * seconds * each.tokens);
      if (round >= 0) http.get(each)?.push({ ...result, cpuMicroseconds });
    }
    for (const each of rotated(inProcess, round)) {
      const question: SideQuestion = { kind: "in_process", call: each.call, milliseconds: run.quick || round < 0 ? 300 : 1_000 };
      const perSecond = await children[each.side].ask<number>(question);
      if (round >= 0) calls.get(each)?.push(perSecond);
    }
    run.say(round < 0 ? "  warm" : `  round ${round + 1} of ${rounds}`);
  }
  return report(http, calls, population);
}

/** Each round begins with another, so that none is always the first after a pause. */
function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const from = Math.max(0, round) % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

function report(
  http: ReadonlyMap<Measurement, readonly Loaded[]>,
  calls: ReadonlyMap<(typeof inProcess)[number], readonly number[]>,
  population: Omit<SideSettings, "folder">,
): Measured {
  const tokensPerSecond = (each: Measurement) => (http.get(each) ?? []).map(({ perSecond }) => perSecond * each.tokens);
  const of = (side: SideName, requests: string, connections = 32): number[] => {
    const each = overHttp.find((one) => one.side === side && one.requests === requests && one.connections === connections);
    if (each === undefined) throw new Error(`${side} has no ${requests}`);
    return tokensPerSecond(each);
  };
  const inside = (call: string, side: SideName) => [...calls].find(([each]) => each.call === call && each.side === side)?.[1] ?? [];
  const there = `${figure(population.subjects)} subjects with ${population.connectionsPerSubject === 1 ? "one connection" : `${population.connectionsPerSubject} connections`} each`;

  const toFloor = ratioOf(of("evergrant", "connection_id"), of("floor", "post"));
  const toPeer = ratioOf(of("evergrant", "connection_id"), of("better-auth", "session"));
  const batchToPeer = ratioOf(of("evergrant", "batch_10"), of("better-auth", "session"));
  const insideToPeer = ratioOf(inside("connection_id", "evergrant"), inside("user_id", "better-auth"));
  const single = overHttp.find((each) => each.side === "evergrant" && each.requests === "connection_id" && each.connections === 32);
  const p99Ms = spreadOf((single === undefined ? [] : (http.get(single) ?? [])).map((result) => result.p99Ms));

  return {
    tables: [
      {
        caption: `Over HTTP, ${there}`,
        columns: ["", "callers", "tokens/s", "of the floor", "of Better Auth", "server CPU, µs a token", "p50 ms", "p99 ms"],
        rows: overHttp.map((each) => [
          each.label,
          String(each.connections),
          spreadText(spreadOf(tokensPerSecond(each))),
          figure(ratioOf(tokensPerSecond(each), of("floor", "post", each.connections)).median),
          figure(ratioOf(tokensPerSecond(each), of("better-auth", "session", each.connections)).median),
          spreadText(spreadOf((http.get(each) ?? []).map((result) => result.cpuMicroseconds))),
          figure(spreadOf((http.get(each) ?? []).map((result) => result.p50Ms)).median),
          spreadText(spreadOf((http.get(each) ?? []).map((result) => result.p99Ms))),
        ]),
      },
      {
        caption: `In process, one call after the other, ${there}`,
        columns: ["", "tokens/s", "of Better Auth's fastest"],
        rows: [...calls].map(([{ label }, rates]) => [
          label,
          spreadText(spreadOf(rates)),
          figure(ratioOf(rates, inside("user_id", "better-auth")).median),
        ]),
      },
    ],
    plots: [
      {
        name: "reads-http",
        title: "Fresh tokens a second over HTTP, 32 callers, one core",
        unit: "tokens/s",
        bars: overHttp
          .filter(({ connections }) => connections === 32)
          .map((each) => {
            const { median: value, lowest, highest } = spreadOf(tokensPerSecond(each));
            return { label: each.label, value, lowest, highest };
          }),
      },
    ],
    claims: [
      claim("tokens.get over HTTP, of the floor", toFloor, 1),
      claim("tokens.get over HTTP, of Better Auth", toPeer, 6),
      claim("batches of 10, per token, of Better Auth", batchToPeer, 15),
      claim("in process, of Better Auth's fastest call", insideToPeer, 10),
      {
        what: "p99 of tokens.get at 32 connections",
        target: "at most 25 ms",
        measured: `${spreadText(p99Ms)} ms`,
        holds: p99Ms.median <= 25,
      },
    ],
  };
}

function claim(what: string, ratio: { median: number; lowest: number; highest: number }, least: number): Claim {
  return { what, target: `at least ${least} ×`, measured: `${spreadText(ratio)} ×`, holds: ratio.median >= least };
}
