/**
 * What a server gets done beside reads: refreshes, key rotation, webhooks, streams of events, and what a durable write costs on this disk.
 */
import { createServer } from "node:http";
import { join } from "node:path";
import { generateEncryptionKey } from "@evergrant/server";
import { seed } from "@evergrant/server/test/seed";
import { createClient } from "@libsql/client";
import { type Child, startChild } from "./child.ts";
import { clientId, integrationId } from "./evergrant-config.ts";
import { type Run, type Section, figure, spreadText } from "./section.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import type { Done, Opened, ThroughputQuestion } from "./throughput-process.ts";

const provider = "http://127.0.0.1:9";
const subscribers = 100;

/** A database with due connections, and the servers on it. */
interface Setting extends AsyncDisposable {
  readonly children: readonly Child[];
  readonly urls: readonly string[];
  readonly apiKey: string;
}

export async function measureThroughput(run: Run): Promise<Section> {
  const connections = run.quick ? 500 : 5_000;
  const rounds = run.quick ? 1 : 3;
  const rates = {
    one: new Array<number>(),
    two: new Array<number>(),
    rotation: new Array<number>(),
    webhooks: new Array<number>(),
    streamed: new Array<number>(),
  };
  for (let round = 0; round < rounds; round += 1) {
    await using single = await settingWith(1, connections);
    rates.one.push(await rateOf(single.children, { kind: "refresh" }));
    rates.rotation.push(await rateOf(single.children, { kind: "rotate" }));
    await using pair = await settingWith(2, connections);
    rates.two.push(await rateOf(pair.children, { kind: "refresh" }));
    rates.webhooks.push(await webhooksPerSecond(Math.min(connections, 2_000)));
    rates.streamed.push(await eventsPerSecond(Math.min(connections, 2_000)));
    run.say(`throughput: round ${round + 1} of ${rounds}`);
  }
  const writes = await durableWrites(run.quick ? 300 : 1_000);
  const two = spreadOf(rates.two);
  return {
    name: "throughput",
    title: "Throughput beside reads",
    method: [
      `${figure(connections)} connections of one integration, all due; the provider answers at once and in the same process, so that all the rest is measured: lease, seals, commits with \`synchronous = FULL\`. ${rounds} rounds, each on a new file.`,
      `Webhooks go to one receiver on this machine that answers at once; streams are ${subscribers} subscribers over HTTP to a server that refreshes meanwhile, and counted is what all of them received.`,
    ],
    tables: [
      {
        caption: "A second",
        columns: ["", "median (lowest–highest)"],
        rows: [
          ["connections refreshed, one process", spreadText(spreadOf(rates.one))],
          ["connections refreshed, two processes on one file", spreadText(two)],
          ["secrets sealed anew by a key rotation, one process", spreadText(spreadOf(rates.rotation))],
          ["webhook messages delivered, one endpoint", spreadText(spreadOf(rates.webhooks))],
          [`events received by ${subscribers} subscribers together, while their server refreshes`, spreadText(spreadOf(rates.streamed))],
          ["single writes, synchronous = FULL (as it runs)", spreadText(writes.full)],
          ["single writes, synchronous = NORMAL (may lose the last commits with the power)", spreadText(writes.normal)],
        ],
      },
    ],
    plots: [],
    claims: [
      {
        what: "connections refreshed a second on two cores, the provider answering at once",
        target: "at least 1,000",
        measured: spreadText(two),
        holds: two.median >= 1_000,
      },
    ],
    notes: [
      "A refresh writes twice: the lease, which also proves that the store takes writes before a single-use token is spent, and the commit. `packages/server/test/refresh-writes.spec.ts` counts them. Writes that meet in one turn of the event loop share a transaction, each in a savepoint of its own; none waits for others to come.",
    ],
  };
}

async function settingWith(processes: number, connections: number): Promise<Setting> {
  const folder = await temporaryFolder();
  const databaseUrl = `file:${join(folder.path, "evergrant.db")}`;
  const encryptionKeys = generateEncryptionKey();
  const { apiKey } = await seed({
    databaseUrl,
    encryptionKeys,
    integrationId,
    authority: provider,
    clientId,
    from: 0,
    to: connections,
    connectionsPerSubject: 1,
    accessTokenBytes: 256,
    requestedAt: new Date(Date.now() - 3_600_000),
    expiresAt: new Date(Date.now() + 300_000),
    dueAt: (number) => new Date(Date.now() - 60_000 + number),
    refreshToken: (number) => `refresh-${number}`.padEnd(64, "x"),
  });
  const children: Child[] = [];
  const urls: string[] = [];
  for (let index = 0; index < processes; index += 1) {
    const child = await startChild(new URL("throughput-process.ts", import.meta.url), index === 0 ? 0 : 1);
    children.push(child);
    urls.push((await child.ask<Opened>({ kind: "open", databaseUrl, encryptionKeys, provider } satisfies ThroughputQuestion)).url);
  }
  return {
    children,
    urls,
    apiKey,
    [Symbol.asyncDispose]: async () => {
      for (const child of children) await child[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** All at once, and counted until the last is done. A page that two have taken is counted by both, so the whole is what was there. */
async function rateOf(children: readonly Child[], question: ThroughputQuestion): Promise<number> {
  const startedAt = performance.now();
  const done = await Promise.all(children.map((child) => child.ask<Done>(question)));
  const count = Math.max(...done.map((each) => each.count));
  return (count / (performance.now() - startedAt)) * 1_000;
}

async function webhooksPerSecond(messages: number): Promise<number> {
  const receiver = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  try {
    const address = receiver.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using setting = await settingWith(1, messages);
    const [child] = setting.children;
    if (child === undefined) throw new Error("there is no server");
    await child.ask({ kind: "add_webhook", url: `http://127.0.0.1:${port}/hook` } satisfies ThroughputQuestion);
    await child.ask({ kind: "refresh" } satisfies ThroughputQuestion);
    const { count, tookMs } = await child.ask<Done>({ kind: "deliver", messages } satisfies ThroughputQuestion);
    return (count / tookMs) * 1_000;
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
}

async function eventsPerSecond(events: number): Promise<number> {
  await using setting = await settingWith(1, events);
  const [child] = setting.children;
  const [url] = setting.urls;
  if (child === undefined || url === undefined) throw new Error("there is no server");
  const closing = new AbortController();
  const headers = { authorization: `Bearer ${setting.apiKey}`, accept: "text/event-stream" };
  const streams = await Promise.all(
    Array.from({ length: subscribers }, () =>
      fetch(`${url}/trpc/events.stream?input=${encodeURIComponent('{"after":0}')}`, { headers, signal: closing.signal }),
    ),
  );
  const startedAt = performance.now();
  const received = Promise.all(streams.map((response) => countEvents(response, events)));
  await child.ask({ kind: "refresh" } satisfies ThroughputQuestion);
  await received;
  const tookMs = performance.now() - startedAt;
  closing.abort();
  return ((events * subscribers) / tookMs) * 1_000;
}

/** Reads until so many events have come. */
async function countEvents(response: Response, wanted: number): Promise<void> {
  if (!response.ok || response.body === null) throw new Error(`no stream, but ${response.status}`);
  const decoder = new TextDecoder();
  let seen = 0;
  let rest = "";
  for await (const chunk of response.body) {
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n\n");
    rest = parts.pop() ?? "";
    seen += parts.filter((part) => /^id: /m.test(part)).length;
    if (seen >= wanted) return;
  }
  throw new Error(`the stream ended after ${seen} events`);
}

async function durableWrites(writes: number): Promise<{ full: Spread; normal: Spread }> {
  await using folder = await temporaryFolder();
  const measure = async (synchronous: "FULL" | "NORMAL"): Promise<number> => {
    const client = createClient({ url: `file:${join(folder.path, `${synchronous}.db`)}`, concurrency: 1 });
    await client.execute("PRAGMA journal_mode = WAL");
    await client.execute(`PRAGMA synchronous = ${synchronous}`);
    await client.execute("CREATE TABLE IF NOT EXISTS writes (id integer PRIMARY KEY, bytes blob NOT NULL)");
    const startedAt = performance.now();
    for (let write = 0; write < writes; write += 1) {
      await client.execute({ sql: "INSERT INTO writes (bytes) VALUES (?)", args: [new Uint8Array(1_024)] });
    }
    const tookMs = performance.now() - startedAt;
    client.close();
    return (writes / tookMs) * 1_000;
  };
  const [full, normal]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round += 1) {
    full.push(await measure("FULL"));
    normal.push(await measure("NORMAL"));
  }
  return { full: spreadOf(full), normal: spreadOf(normal) };
}
