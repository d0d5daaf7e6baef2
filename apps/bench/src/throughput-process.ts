/**
 * One server of the throughput benchmarks: it refreshes, rotates keys, tells webhooks, and streams events.
 */
import { serve } from "@hono/node-server";
import {
  type App,
  type Database,
  beginRotation,
  createApp,
  createGuardedFetch,
  openDatabase,
  openVault,
  parseEncryptionKeys,
  resealRows,
} from "@evergrant/server";
import { answerQuestions } from "./child.ts";
import { resolvedConfigFor } from "./evergrant-config.ts";

export type ThroughputQuestion =
  | { readonly kind: "open"; readonly databaseUrl: string; readonly encryptionKeys: string; readonly provider: string }
  /** Refreshes until nothing is due. */
  | { readonly kind: "refresh" }
  | { readonly kind: "rotate" }
  /** Has an endpoint told of every event from now on. */
  | { readonly kind: "add_webhook"; readonly url: string }
  | { readonly kind: "deliver"; readonly messages: number };

/** Where a server listens. */
export interface Opened {
  readonly url: string;
}

/** So many in so long. */
export interface Done {
  readonly count: number;
  readonly tookMs: number;
}

interface Running {
  readonly app: App;
  readonly database: Database;
  readonly encryptionKeys: string;
}

let running: Running | undefined;

answerQuestions(async (question: ThroughputQuestion): Promise<Opened | Done | null> => {
  if (question.kind === "open") return open(question);
  if (running === undefined) throw new Error("nothing is open");
  const { app } = running;
  if (question.kind === "add_webhook") {
    await app.caller({ id: "bench", permissions: ["admin"] }).webhooks.create({ url: question.url });
    return null;
  }
  const startedAt = performance.now();
  const count = await { refresh, rotate, deliver }[question.kind](running, question);
  return { count, tookMs: performance.now() - startedAt };
});

async function open(question: Extract<ThroughputQuestion, { kind: "open" }>): Promise<Opened> {
  const { databaseUrl, encryptionKeys, provider } = question;
  const database = await openDatabase({ url: databaseUrl });
  const guarded = createGuardedFetch({ allowLoopback: true, privateHosts: [] });
  let issued = 0;
  const app = await createApp({
    config: await resolvedConfigFor(provider),
    database,
    keys: parseEncryptionKeys(encryptionKeys),
    refresher: "none",
    waitUntil: () => {},
    // The provider answers at once, in this process: what is measured is everything else.
    fetch: async (url, init) => {
      if (!url.startsWith(provider)) return guarded(url, init);
      issued += 1;
      return Response.json({
        access_token: `access-${issued}`.padEnd(256, "x"),
        refresh_token: `refresh-${issued}`.padEnd(64, "x"),
        token_type: "Bearer",
        expires_in: 86_400,
      });
    },
  });
  running = { app, database, encryptionKeys };
  const port = await new Promise<number>((resolve) =>
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) => resolve(info.port)),
  );
  return { url: `http://127.0.0.1:${port}` };
}

async function refresh({ app }: Running): Promise<number> {
  let refreshed = 0;
  for (;;) {
    const { due } = await app.refreshDue({ limit: 200, deadlineMs: 60_000 });
    refreshed += due;
    if (due === 0) return refreshed;
  }
}

async function rotate({ database, encryptionKeys }: Running): Promise<number> {
  const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(encryptionKeys), now: () => new Date() });
  const { dataKeyId } = await beginRotation({ database, vault }, { newKey: "always" });
  const { resealed } = await resealRows({ database, vault }, { dataKeyId });
  return resealed;
}

async function deliver({ app }: Running, question: ThroughputQuestion): Promise<number> {
  const wanted = question.kind === "deliver" ? question.messages : 0;
  let delivered = 0;
  while (delivered < wanted) delivered += (await app.deliverDue({ limit: 500, deadlineMs: 60_000 })).delivered;
  return delivered;
}
