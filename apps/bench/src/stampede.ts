/**
 * An expired token and everybody at once: a hundred callers in each of four processes, and a provider that ends a grant whose refresh
 * token is used twice. Beside it one caller alone whose token is due or has expired.
 */
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { seed, seededConnectionId } from "@evergrant/server/test/seed";
import { addAccount, createTables, openBetterAuth, signUp } from "./better-auth-app.ts";
import { type Child, startChild } from "./child.ts";
import { clientId, integrationId } from "./evergrant-config.ts";
import { type Run, type Section, figure, spreadText } from "./section.ts";
import type { CrowdAnswer, StampedeQuestion, Target } from "./stampede-process.ts";
import { percentile, spreadOf } from "./statistics.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { type TokenServer, firstRefreshToken, startTokenServer } from "./token-server.ts";

const processes = 4;
const callersEach = 100;
/** How long the provider takes. */
const delayMs = 200;

/** What one round came to. */
interface Stampede {
  readonly grants: number;
  readonly served: number;
  readonly lastMs: number;
  readonly alive: boolean;
}

export async function measureStampede(run: Run): Promise<Section> {
  await using folder = await temporaryFolder();
  await using provider = await startTokenServer({ delayMs });
  const rounds = run.quick ? 2 : 7;
  const alone = run.quick ? 5 : 25;
  const ours = await prepareEvergrant(folder.path, provider, { rounds, alone });
  const theirs = await prepareBetterAuth(folder.path, provider, { rounds, alone });
  const results = { ours: new Array<Stampede>(), theirs: new Array<Stampede>() };
  await using children = await openAll(ours.question);
  await using peers = await openAll(theirs.question);
  for (let round = 0; round < rounds; round += 1) {
    results.ours.push(await stampede(children.all, provider, ours.targets[round]));
    results.theirs.push(await stampede(peers.all, provider, theirs.targets[round]));
    run.say(`stampede: round ${round + 1} of ${rounds}`);
  }
  provider.reset();
  const times = {
    due: await askAlone(children.all, ours.due),
    expired: await askAlone(children.all, ours.expired),
    peer: await askAlone(peers.all, theirs.expired),
  };

  const row = (label: string, stampedes: readonly Stampede[]) => [
    label,
    spreadText(spreadOf(stampedes.map(({ grants }) => grants))),
    spreadText(spreadOf(stampedes.map(({ served }) => served))),
    spreadText(spreadOf(stampedes.map(({ lastMs }) => lastMs))),
    `${stampedes.filter(({ alive }) => alive).length} of ${rounds}`,
  ];
  const time = (label: string, values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return [label, figure(percentile(sorted, 50)), figure(percentile(sorted, 99))];
  };
  const grants = spreadOf(results.ours.map((each) => each.grants));
  const served = spreadOf(results.ours.map((each) => each.served));
  const callers = processes * callersEach;
  return {
    name: "stampede",
    title: "A stampede on an expired token",
    method: [
      `${callersEach} callers in each of ${processes} processes on one database file ask at once for a token that has expired. The provider takes ${delayMs} ms and rotates strictly: a refresh token works once, and using it again ends its whole family. ${rounds} rounds, each with a connection of its own; calls are made in process, by connection at Evergrant and by user id at Better Auth.`,
    ],
    tables: [
      {
        caption: `${callers} callers, one expired token`,
        columns: ["", "grants sent", "callers served", "last answer, ms", "grant alive after"],
        rows: [row("Evergrant", results.ours), row("Better Auth", results.theirs)],
      },
      {
        caption: `One caller, the provider takes ${delayMs} ms`,
        columns: ["", "p50 ms", "p99 ms"],
        rows: [
          time("Evergrant, token due: answered at once and refreshed behind the answer", times.due),
          time("Evergrant, token expired", times.expired),
          time("Better Auth, token expired (it knows no due)", times.peer),
        ],
      },
    ],
    plots: [],
    claims: [
      { what: "grants for one stampede", target: "1", measured: spreadText(grants), holds: grants.highest === 1 },
      { what: "callers served", target: `${callers}`, measured: spreadText(served), holds: served.lowest === callers },
    ],
    notes: [],
  };
}

async function stampede(children: readonly Child[], provider: TokenServer, target: Target | undefined): Promise<Stampede> {
  if (target === undefined) throw new Error("there is nothing to ask for");
  provider.reset();
  const ask = { kind: "crowd", callers: callersEach, target } satisfies StampedeQuestion;
  const answers = await Promise.all(children.map((child) => child.ask<CrowdAnswer>(ask)));
  return {
    grants: provider.grants,
    served: answers.reduce((sum, answer) => sum + answer.served, 0),
    lastMs: Math.max(...answers.map((answer) => answer.lastMs)),
    alive: provider.isAlive(target.family),
  };
}

async function askAlone([child]: readonly Child[], targets: readonly Target[]): Promise<number[]> {
  if (child === undefined) throw new Error("there is nobody to ask");
  return child.ask<number[]>({ kind: "queue", targets } satisfies StampedeQuestion);
}

async function openAll(question: StampedeQuestion): Promise<{ all: readonly Child[] } & AsyncDisposable> {
  const all = await Promise.all(Array.from({ length: processes }, () => startChild(new URL("stampede-process.ts", import.meta.url), null)));
  for (const child of all) await child.ask(question);
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      for (const child of all) await child[Symbol.asyncDispose]();
    },
  };
}

interface Prepared {
  readonly question: StampedeQuestion;
  readonly targets: readonly Target[];
  readonly due: readonly Target[];
  readonly expired: readonly Target[];
}

async function prepareEvergrant(
  folder: string,
  provider: TokenServer,
  { rounds, alone }: { rounds: number; alone: number },
): Promise<Prepared> {
  const encryptionKeys = generateEncryptionKey();
  const databaseUrl = `file:${join(folder, "evergrant.db")}`;
  const hourAgo = new Date(Date.now() - 3_600_000);
  const seeded = (from: number, to: number, expiresAt: Date) =>
    seed({
      databaseUrl,
      encryptionKeys,
      integrationId,
      authority: provider.url,
      clientId,
      from,
      to,
      connectionsPerSubject: 1,
      accessTokenBytes: 1_024,
      requestedAt: hourAgo,
      expiresAt,
      dueAt: () => new Date(Date.now() - 60_000),
      refreshToken: (number) => firstRefreshToken(`ours-${number}`),
    });
  await seeded(0, rounds + alone, new Date(Date.now() - 30_000));
  await seeded(rounds + alone, rounds + 2 * alone, new Date(Date.now() + 600_000));
  const targets = (from: number, to: number): Target[] =>
    Array.from({ length: to - from }, (_, index) => ({
      id: seededConnectionId(from + index),
      userId: null,
      family: `ours-${from + index}`,
    }));
  return {
    question: { kind: "open_evergrant", databaseUrl, encryptionKeys, provider: provider.url },
    targets: targets(0, rounds),
    expired: targets(rounds, rounds + alone),
    due: targets(rounds + alone, rounds + 2 * alone),
  };
}

async function prepareBetterAuth(
  folder: string,
  provider: TokenServer,
  { rounds, alone }: { rounds: number; alone: number },
): Promise<Prepared> {
  const databaseUrl = `file:${join(folder, "better-auth.db")}`;
  await createTables(databaseUrl);
  const auth = await openBetterAuth({ url: "http://127.0.0.1:4000", databaseUrl });
  const targets: Target[] = [];
  for (let subject = 0; subject < rounds + alone; subject += 1) {
    const { userId } = await signUp(auth, subject);
    const id = await addAccount(auth, {
      userId,
      accountId: `account-${subject}`,
      accessToken: "x".repeat(1_024),
      refreshToken: firstRefreshToken(`theirs-${subject}`),
      expiresAt: new Date(Date.now() - 30_000),
    });
    targets.push({ id, userId, family: `theirs-${subject}` });
  }
  return {
    question: { kind: "open_better_auth", databaseUrl, provider: provider.url },
    targets: targets.slice(0, rounds),
    expired: targets.slice(rounds),
    due: [],
  };
}
