/**
 * Evergrant on a large file, in a process of its own: as a server, or called in process.
 */
import { dirname } from "node:path";
import { memoryUsage } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { createApp, openDatabase, parseEncryptionKeys } from "@evergrant/server";
import { seededConnectionId, seededSubject } from "@evergrant/server/test/seed";
import { answerQuestions } from "./child.ts";
import { integrationId, resolvedConfigFor } from "./evergrant-config.ts";
import { serveEvergrant } from "./evergrant-server.ts";
import { randomNumbers } from "./sides/side.ts";

export type GrowthQuestion =
  /** Starts the server; answered with `Served`. */
  | { readonly kind: "serve"; readonly path: string; readonly encryptionKeys: string; readonly provider: string }
  /** How much memory the process has after collecting its garbage, in MiB. */
  | { readonly kind: "memory" }
  /** Opens the file to be called in process. */
  | { readonly kind: "open"; readonly path: string; readonly encryptionKeys: string; readonly provider: string }
  | { readonly kind: "measure"; readonly connections: number; readonly reads: number; readonly pages: number };

export interface Served {
  readonly url: string;
  /** From opening the file to a server that listens and answers. */
  readonly startMs: number;
}

/** Times in milliseconds, one for each call. */
export interface GrowthAnswer {
  readonly reads: number[];
  readonly readsPerSecond: number;
  readonly firstPage: number[];
  readonly middlePage: number[];
  readonly subjectPage: number[];
  readonly integrationPage: number[];
  readonly idleRefresherPage: number[];
}

let app: Awaited<ReturnType<typeof createApp>> | undefined;

answerQuestions(async (question: GrowthQuestion): Promise<Served | number | GrowthAnswer | null> => {
  if (question.kind === "memory") return residentMiB();
  if (question.kind === "measure") return measure(question);
  const { path, encryptionKeys, provider } = question;
  if (question.kind === "serve") {
    const startedAt = performance.now();
    const { listensAt } = await serveEvergrant({ folder: dirname(path), databaseUrl: `file:${path}`, encryptionKeys, provider });
    return { url: listensAt, startMs: performance.now() - startedAt };
  }
  app = await createApp({
    config: await resolvedConfigFor(provider),
    database: await openDatabase({ url: `file:${path}` }),
    keys: parseEncryptionKeys(encryptionKeys),
    refresher: "none",
  });
  return null;
});

/** Of what is in use: when V8 last collected its garbage is chance, and weighs more than the rest. */
async function residentMiB(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("start this process with --expose-gc");
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    // V8 gives pages back behind a collection.
    await pause(200);
  }
  return memoryUsage.rss() / 1_048_576;
}

async function measure({ connections, reads, pages }: Extract<GrowthQuestion, { kind: "measure" }>): Promise<GrowthAnswer> {
  if (app === undefined) throw new Error("nothing is open");
  const { refreshDue } = app;
  const caller = app.caller({ id: "growth", permissions: ["tokens:read", "connections:read"] });
  const ids = randomNumbers(reads, connections).map((number) => seededConnectionId(number));
  const read = (round: number) => caller.tokens.get({ connectionId: ids[round % ids.length] ?? "" });
  const list = (input: { integration?: string; subject?: string; cursor?: string }) => () =>
    caller.connections.list({ ...input, limit: 50 });
  // Once for the page cache, once for the figures.
  await timed(reads, read);
  const startedAt = performance.now();
  const readTimes = await timed(reads, read);
  const readsPerSecond = (reads / (performance.now() - startedAt)) * 1_000;
  const middle = seededConnectionId(Math.floor(connections / 2));
  const subject = seededSubject(Math.floor(connections / 3), 1);
  return {
    reads: readTimes,
    readsPerSecond,
    firstPage: await timed(pages, list({})),
    middlePage: await timed(pages, list({ cursor: middle })),
    subjectPage: await timed(pages, list({ subject })),
    integrationPage: await timed(pages, list({ integration: integrationId })),
    idleRefresherPage: await timed(pages, () => refreshDue({ limit: 200, deadlineMs: 1_000 })),
  };
}

async function timed(times: number, call: (round: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const startedAt = performance.now();
    await call(round);
    taken.push(performance.now() - startedAt);
  }
  return taken;
}
