/**
 * An expired token and everybody at once: a hundred callers in each of four processes, and a provider that ends a grant whose refresh
 * token is used twice.
 */
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { seed, seededConnectionId } from "@evergrant/server/test/seed";
import { addAccount, createTables, openBetterAuth, signUp } from "./better-auth-app.ts";
import { type Child, startChild } from "./child.ts";
import { clientId, integrationId } from "./evergrant-config.ts";
import { type Run, type Section, spreadText } from "./section.ts";
import type { CrowdAnswer, StampedeQuestion, Target } from "./stampede-process.ts";
import { spreadOf } from "./statistics.ts";
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
  const ours = await prepareEvergrant(folder.path, provider, rounds);
  const theirs = await prepareBetterAuth(folder.path, provider, rounds);
  const results = { ours: new Array<Stampede>(), theirs: new Array<Stampede>() };
  await using children = await openAll(ours.question);
  await using peers = await openAll(theirs.question);
  for (let round = 0; round < rounds; round += 1) {
    results.ours.push(await stampede(children.all, provider, ours.targets[round]));
    results.theirs.push(await stampede(peers.all, provider, theirs.targets[round]));
    run.say(`stampede: round ${round + 1} of ${rounds}`);
  }
  const row = (label: string, stampedes: readonly Stampede[]) => [
    label,
    spreadText(spreadOf(stampedes.map(({ grants }) => grants))),
    spreadText(spreadOf(stampedes.map(({ served }) => served))),
    spreadText(spreadOf(stampedes.map(({ lastMs }) => lastMs))),
    `${stampedes.filter(({ alive }) => alive).length} of ${rounds}`,
  ];
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
}

async function prepareEvergrant(folder: string, provider: TokenServer, rounds: number): Promise<Prepared> {
  const encryptionKeys = generateEncryptionKey();
  const databaseUrl = `file:${join(folder, "evergrant.db")}`;
  const hourAgo = new Date(Date.now() - 3_600_000);
  await seed({
    databaseUrl,
    encryptionKeys,
    integrationId,
    authority: provider.url,
    clientId,
    from: 0,
    to: rounds,
    connectionsPerSubject: 1,
    accessTokenBytes: 1_024,
    requestedAt: hourAgo,
    expiresAt: new Date(Date.now() - 30_000),
    dueAt: () => new Date(Date.now() - 60_000),
    refreshToken: (number) => firstRefreshToken(`ours-${number}`),
  });
  return {
    question: { kind: "open_evergrant", databaseUrl, encryptionKeys, provider: provider.url },
    targets: Array.from({ length: rounds }, (_, number) => ({
      id: seededConnectionId(number),
      userId: null,
      family: `ours-${number}`,
    })),
  };
}

async function prepareBetterAuth(folder: string, provider: TokenServer, rounds: number): Promise<Prepared> {
  const databaseUrl = `file:${join(folder, "better-auth.db")}`;
  await createTables(databaseUrl);
  const auth = await openBetterAuth({ url: "http://127.0.0.1:4000", databaseUrl });
  const targets: Target[] = [];
  for (let subject = 0; subject < rounds; subject += 1) {
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
  return { question: { kind: "open_better_auth", databaseUrl, provider: provider.url }, targets };
}
