/**
 * Tokens that have to be refreshed, over HTTP: due ones, expired ones, and expired ones that several callers ask for at once.
 */
import { startChild } from "./child.ts";
import type { SharedLoad, SharedLoadResult } from "./load.ts";
import {
  type Deck,
  type Population,
  type RenewalsSide,
  fillBetterAuth,
  numbersOf,
  startBetterAuthSide,
  startEvergrantSide,
} from "./renewals-sides.ts";
import { type Run, type Section, type Table, figure, spreadText } from "./section.ts";
import { sharesOf } from "./shares.ts";
import { spreadOf } from "./statistics.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { startTokenServer } from "./token-server.ts";

const many = 32;
/** How many of them ask for the same token at once, where several do. */
const crowd = 4;
/** How long the provider takes. */
const delayMs = 200;

type SideName = "evergrant" | "better-auth" | "better-auth-lenient";

/** Which tokens are asked for, of which side, and by how many callers at once. */
interface Measurement {
  readonly side: SideName;
  readonly label: string;
  readonly tokens: Deck["tokens"];
  readonly callers: number;
  /** How many of them ask for the same at once. */
  readonly together: number;
}

const measurements: readonly Measurement[] = [
  { side: "evergrant", label: "Evergrant, fresh", tokens: "fresh", callers: many, together: 1 },
  { side: "better-auth", label: "Better Auth, fresh or due", tokens: "fresh", callers: many, together: 1 },
  { side: "evergrant", label: "Evergrant, due", tokens: "due", callers: many, together: 1 },
  { side: "evergrant", label: "Evergrant, expired", tokens: "expired", callers: many, together: 1 },
  { side: "better-auth", label: "Better Auth, expired", tokens: "expired", callers: many, together: 1 },
  { side: "evergrant", label: `Evergrant, expired, ${crowd} callers at once`, tokens: "expired", callers: many, together: crowd },
  { side: "better-auth", label: `Better Auth, expired, ${crowd} callers at once`, tokens: "expired", callers: many, together: crowd },
  {
    side: "better-auth-lenient",
    label: `Better Auth, the same, its provider does not rotate`,
    tokens: "expired",
    callers: many,
    together: crowd,
  },
  { side: "evergrant", label: "Evergrant, fresh, one caller", tokens: "fresh", callers: 1, together: 1 },
  { side: "better-auth", label: "Better Auth, fresh or due, one caller", tokens: "fresh", callers: 1, together: 1 },
  { side: "evergrant", label: "Evergrant, due, one caller", tokens: "due", callers: 1, together: 1 },
];

/** One round of one measurement. */
interface Renewed extends SharedLoadResult {
  readonly cpuMicroseconds: number;
  readonly grants: number;
  readonly alive: number;
  readonly connections: number;
}

type Results = ReadonlyMap<Measurement, Renewed[]>;

export async function measureRenewals(run: Run): Promise<Section> {
  const measured: { connectionsPerSubject: number; results: Results }[] = [];
  for (const connectionsPerSubject of [1, 20]) {
    run.say(`renewals: ${connectionsPerSubject === 1 ? "one connection" : `${connectionsPerSubject} connections`} a subject`);
    measured.push({ connectionsPerSubject, results: await measure(run, connectionsPerSubject) });
  }
  const all = measured.flatMap(({ results }) =>
    [...results].filter(([{ side }]) => side === "evergrant").map(([measurement, rounds]) => ({ measurement, rounds })),
  );
  const unserved = spreadOf(all.flatMap(({ rounds }) => rounds.map(({ asked, served }) => asked - served)));
  const lost = spreadOf(all.flatMap(({ rounds }) => rounds.map(({ connections, alive }) => connections - alive)));
  const grants = spreadOf(
    all
      .filter(({ measurement }) => measurement.tokens !== "fresh")
      .flatMap(({ rounds }) => rounds.map((round) => round.grants / round.connections)),
  );
  const sizes = sizesOf(run);
  return {
    name: "renewals",
    title: "Reading a token that has to be refreshed",
    method: [
      `Over HTTP: each server in a process of its own on core 0, asked in turn, and the load, autocannon with ${many} callers or one, on core 1. The provider, on whichever core is free, takes ${delayMs} ms for an answer and rotates strictly: a refresh token works once, and using it again ends its whole family. ${sizes.rounds} rounds after one that does not count, every measurement once in each; medians with the lowest and highest round.`,
      `A token that was refreshed is fresh from then on, so no read is repeated: each measurement has, for every round, connections that nobody asked for before, dealt out to the callers at random. ${figure(sizes.reads)} fresh ones (these are the same in each round), ${figure(sizes.reads)} due ones, ${figure(sizes.expired)} expired ones; and ${figure(sizes.expired / crowd)} expired ones of which each is asked for by ${crowd} callers at once. Access tokens of 1,024 bytes.`,
      "Evergrant is `evergrant serve` as it comes. It hands out a due token at once and refreshes it behind the answer; a due round is a burst of nothing else, as after an outage, with one refresh to each read, so that callers queue for the processor, though never for the provider, and its processor time includes all of those, to the last. Its refresher, which looks every five seconds, may take some of them before a caller does; expired ones it leaves to the callers here, since their schedule says that they are not due. Better Auth knows no due: it hands out what is valid for five more seconds, and refreshes anything else before the answer.",
      "A caller without a token got an answer without one: Better Auth's is 400. Times are of all answers, with a token or without; tokens a second and processor time of those with one.",
    ],
    tables: measured.map(({ connectionsPerSubject, results }) => tableOf(connectionsPerSubject, results)),
    plots: [],
    claims: [
      { what: "Evergrant's callers who got no token", target: "0", measured: spreadText(unserved), holds: unserved.highest === 0 },
      { what: "Evergrant's grants that ended", target: "0", measured: spreadText(lost), holds: lost.highest === 0 },
      {
        what: "Evergrant's grants sent for a token that was due or had expired",
        target: "1",
        measured: spreadText(grants),
        holds: grants.highest === 1,
      },
    ],
    notes: [
      `Where ${crowd} callers ask at once, Evergrant sends one grant for all of them. Better Auth sends one each: with strict rotation the first is answered, the others get nothing, and the grant is dead, so that its user has to authorize again; where the provider does not rotate all are served, for ${crowd} grants.`,
    ],
  };
}

function sizesOf({ quick }: Run): { rounds: number; reads: number; expired: number } {
  return quick ? { rounds: 2, reads: many * 20, expired: many * 5 } : { rounds: 5, reads: many * 60, expired: many * 15 };
}

async function measure(run: Run, connectionsPerSubject: number): Promise<Results> {
  const { rounds, ...sizes } = sizesOf(run);
  const { decks, deckOf } = deal(rounds + 1, sizes);
  const population: Population = { connectionsPerSubject, decks };
  await using folder = await temporaryFolder();
  await using strict = await startTokenServer({ delayMs });
  await using lenient = await startTokenServer({ delayMs, rotates: false });
  const accounts = await fillBetterAuth(folder.path, population);
  await using load = await startChild(new URL("load-process.ts", import.meta.url), 1);
  await using evergrant = await startEvergrantSide(folder.path, strict, population);
  await using betterAuth = await startBetterAuthSide(strict, accounts);
  await using betterAuthLenient = await startBetterAuthSide(lenient, accounts);
  const sides: Record<SideName, RenewalsSide> = { evergrant, "better-auth": betterAuth, "better-auth-lenient": betterAuthLenient };

  const results = new Map<Measurement, Renewed[]>(measurements.map((each) => [each, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const measurement of measurements) {
      const side = sides[measurement.side];
      const [first] = side.requestsOf(deckOf({ ...measurement, tokens: "fresh" }, 0));
      if (first === undefined) throw new Error("there is nothing to ask for");
      const deck = deckOf(measurement, round + 1);
      const shares = sharesOf(side.requestsOf(deck), measurement);
      const ask: SharedLoad = { url: side.url, first, shares };
      if (deck.tokens === "due") await side.makeDue(deck);
      side.provider.reset();
      const before = side.child.cpuSeconds();
      const result = await load.ask<SharedLoadResult>(ask);
      await side.settle();
      const cpuMicroseconds = ((side.child.cpuSeconds() - before) * 1_000_000) / result.served;
      const alive = numbersOf(deck).filter((number) => side.provider.isAlive(side.familyOf(number))).length;
      const { grants } = side.provider;
      if (round >= 0) results.get(measurement)?.push({ ...result, cpuMicroseconds, grants, alive, connections: deck.connections });
    }
    run.say(round < 0 ? "  warm" : `  round ${round + 1} of ${rounds}`);
  }
  return results;
}

/**
 * Decks for every round: one of fresh tokens for all of them, and of each other kind one for each. The two servers of Better Auth that
 * share a file have decks of their own.
 */
function deal(rounds: number, sizes: { reads: number; expired: number }) {
  const dealt = new Map<string, Deck>();
  const nameOf = ({ side, tokens, callers, together }: Measurement, round: number) =>
    tokens === "fresh" ? tokens : `${tokens} ${callers} ${together} ${side === "better-auth-lenient" ? "lenient" : ""} ${round}`;
  let from = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const measurement of measurements) {
      const name = nameOf(measurement, round);
      if (dealt.has(name)) continue;
      const { tokens, together } = measurement;
      const connections = tokens === "expired" ? sizes.expired / together : sizes.reads;
      dealt.set(name, { from, connections, tokens });
      from += connections;
    }
  }
  const deckOf = (measurement: Measurement, round: number): Deck => {
    const deck = dealt.get(nameOf(measurement, round));
    if (deck === undefined) throw new Error(`nothing was dealt for ${measurement.label}`);
    return deck;
  };
  return { decks: [...dealt.values()], deckOf };
}

function tableOf(connectionsPerSubject: number, results: Results): Table {
  const spread = (rounds: readonly Renewed[], of: (round: Renewed) => number) => spreadText(spreadOf(rounds.map(of)));
  return {
    caption: `${many} callers unless said, the provider takes ${delayMs} ms, ${connectionsPerSubject === 1 ? "one connection" : `${connectionsPerSubject} connections`} a subject`,
    columns: ["", "tokens/s", "server CPU, µs a token", "p50 ms", "p99 ms", "grants a token", "without a token", "grants alive after"],
    rows: measurements.map((each) => {
      const rounds = results.get(each) ?? [];
      const { asked = 0, connections = 0 } = rounds[0] ?? {};
      return [
        each.label,
        spread(rounds, ({ served, tookMs }) => (served * 1_000) / tookMs),
        spread(rounds, ({ cpuMicroseconds }) => cpuMicroseconds),
        spread(rounds, ({ p50Ms }) => p50Ms),
        spread(rounds, ({ p99Ms }) => p99Ms),
        spread(rounds, ({ grants, served }) => grants / served),
        `${figure(spreadOf(rounds.map(({ served }) => asked - served)).median)} of ${figure(asked)}`,
        `${figure(spreadOf(rounds.map(({ alive }) => alive)).median)} of ${figure(connections)}`,
      ];
    }),
  };
}
