/**
 * Evergrant on a large file, in a process of its own: opened, read, and asked how much memory it has.
 */
import { memoryUsage } from "node:process";
import { createApp, openDatabase, parseEncryptionKeys } from "@evergrant/server";
import { seededConnectionId, seededSubject } from "@evergrant/server/test/seed";
import { answerQuestions } from "./child.ts";
import { integrationId, resolvedConfigFor } from "./evergrant-config.ts";
import { randomNumbers } from "./sides/side.ts";

export type GrowthQuestion =
  | { readonly kind: "open"; readonly databaseUrl: string; readonly encryptionKeys: string; readonly provider: string }
  | { readonly kind: "measure"; readonly connections: number; readonly reads: number; readonly pages: number };

/** Times in milliseconds, one for each call. */
export interface GrowthAnswer {
  readonly reads: number[];
  readonly readsPerSecond: number;
  readonly firstPage: number[];
  readonly middlePage: number[];
  readonly subjectPage: number[];
  readonly integrationPage: number[];
  readonly idleRefresherPage: number[];
  readonly residentMiB: number;
}

let app: Awaited<ReturnType<typeof createApp>> | undefined;

answerQuestions(async (question: GrowthQuestion): Promise<number | GrowthAnswer> => {
  if (question.kind === "measure") return measure(question);
  const startedAt = performance.now();
  app = await createApp({
    config: await resolvedConfigFor(question.provider),
    database: await openDatabase({ url: question.databaseUrl }),
    keys: parseEncryptionKeys(question.encryptionKeys),
    refresher: "none",
  });
  return performance.now() - startedAt;
});

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
    residentMiB: memoryUsage().rss / 1_048_576,
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
