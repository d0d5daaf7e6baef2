import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { describe, expect, it, vi } from "vitest";
import { type Database, openDatabase } from "../src/database.ts";
import { appendEvent, listEvents } from "../src/events-store.ts";
import type { AppRouter } from "../src/router.ts";
import { startHosts } from "./hosts.ts";
import { startHranaServer } from "./hrana-server.ts";
import { openStream } from "./sse.ts";
import { present, start } from "./start.ts";

const run = promisify(execFile);

/** Appends events as a change would, one batch each. */
async function append(database: Database, count: number, subject = "alice", integrationId: string | null = "sandbox"): Promise<void> {
  for (let generation = 1; generation <= count; generation += 1) {
    await appendEvent(database, { type: "connection.refreshed", at: new Date(), integrationId, subject, connectionId: null, generation });
  }
}

const idsOf = (events: readonly { id: number }[]) => events.map(({ id }) => id);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("events.list", () => {
  it("gives pages from an id on, or the end of it all, which tells where to begin", async () => {
    await using evergrant = await start();
    await append(evergrant.database, 5);
    await append(evergrant.database, 1, "bob");
    const { list } = evergrant.api.events;
    const page = await list.query({ after: 1, limit: 2 });
    expect([idsOf(page.events), page.nextAfter]).toEqual([[2, 3], 3]);
    const end = await list.query({ order: "newest_first", limit: 2 });
    expect([idsOf(end.events), end.nextAfter]).toEqual([[6, 5], null]);
    const { sessionToken } = await evergrant.api.sessions.create.mutate({ subject: "alice" });
    const own = await evergrant.as(sessionToken).events.list.query({ order: "newest_first", limit: 1 });
    expect(idsOf(own.events)).toEqual([5]);
  });
});

describe("events.stream", () => {
  it("gives what has happened, and then what happens, under ids by which it resumes", async () => {
    await using evergrant = await start();
    await append(evergrant.database, 3);
    await using stream = await openStream(evergrant.app, evergrant.apiKey);
    expect(stream.response.status).toBe(200);
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    expect(idsOf(await stream.take(3))).toEqual([1, 2, 3]);
    await append(evergrant.database, 2);
    const later = await stream.take(2);
    expect(later).toEqual(await listEvents(evergrant.database, { after: 3, limit: 10 }));

    await using fromInput = await openStream(evergrant.app, evergrant.apiKey, { after: 2 });
    expect(idsOf(await fromInput.take(3))).toEqual([3, 4, 5]);
    // What a reconnection sends goes before what the first connection asked for.
    await using resumed = await openStream(evergrant.app, evergrant.apiKey, { after: 2, lastEventId: "4" });
    expect(idsOf(await resumed.take(1))).toEqual([5]);
  });

  it("tells an event of this process at once, long before the next look at the table", async () => {
    await using evergrant = await start();
    await using stream = await openStream(evergrant.app, evergrant.apiKey);
    const first = stream.take(1);
    await append(evergrant.database, 1);
    await first;
    const began = performance.now();
    const next = stream.take(1);
    await append(evergrant.database, 1);
    await next;
    expect(performance.now() - began).toBeLessThan(250);
  });

  it("is read by tRPC's own subscription link, which resumes by itself where the connection breaks", async () => {
    await using evergrant = await start();
    let connections = 0;
    const breaks: AbortController[] = [];
    const client = createTRPCClient<AppRouter>({
      links: [
        httpSubscriptionLink({
          url: `${evergrant.publicUrl}/trpc`,
          EventSource,
          eventSourceOptions: {
            // The header's way in: a browser's own EventSource can send none.
            fetch: (url: string | URL, init: RequestInit) => {
              connections += 1;
              const breaking = new AbortController();
              breaks.push(breaking);
              const headers = { ...Object.fromEntries(new Headers(init.headers)), authorization: `Bearer ${evergrant.apiKey}` };
              return evergrant.app.fetch(new Request(url, { ...init, headers, signal: init.signal ?? null })).then((response) => {
                const body = present(response.body).pipeThrough(new TransformStream(), { signal: breaking.signal });
                return new Response(body, response);
              });
            },
          },
        }),
      ],
    });
    const seen: number[] = [];
    const failures: unknown[] = [];
    await append(evergrant.database, 2);
    const subscription = client.events.stream.subscribe(
      { after: 1 },
      { onData: ({ id }) => seen.push(Number(id)), onError: (error) => failures.push(error) },
    );
    await expect.poll(() => seen).toEqual([2]);
    breaks[0]?.abort(new TypeError("the connection is gone"));
    await append(evergrant.database, 3);
    await expect.poll(() => seen, { timeout: 8_000 }).toEqual([2, 3, 4, 5]);
    subscription.unsubscribe();
    expect(connections).toBe(2);
    expect(failures).toEqual([]);
  }, 15_000);

  it("loses and doubles nothing over many reconnections, while two other processes write as fast as they can", async () => {
    await using evergrant = await start();
    const count = 400;
    const writer = (name: string) =>
      run(process.execPath, [
        "--conditions=evergrant-source",
        fileURLToPath(new URL("event-writer.ts", import.meta.url)),
        evergrant.folder.databaseUrl(),
        name,
        String(count),
      ]);
    const writers = Promise.all([writer("one"), writer("two")]);
    const seen: { id: number; subject: string | null; generation: number }[] = [];
    let reconnections = 0;
    while (seen.length < 2 * count) {
      const lastEventId = String(seen.at(-1)?.id ?? 0);
      await using stream = await openStream(evergrant.app, evergrant.apiKey, { lastEventId });
      seen.push(...(await stream.take(Math.min(1 + Math.floor(Math.random() * 60), 2 * count - seen.length))));
      reconnections += 1;
    }
    await writers;
    expect(reconnections).toBeGreaterThan(10);
    // Every id from the first to the last: nothing was committed behind a position that had been passed.
    expect(idsOf(seen)).toEqual(upTo(2 * count));
    for (const name of ["one", "two"]) {
      expect(seen.filter(({ subject }) => subject === name).map(({ generation }) => generation)).toEqual(
        upTo(count).map((each) => each - 1),
      );
    }
  }, 60_000);

  it("two apps on one file each give the other's events", async () => {
    await using evergrant = await start();
    const database = await openDatabase({ url: evergrant.folder.databaseUrl() });
    const other = await evergrant.another({ database });
    await using here = await openStream(evergrant.app, evergrant.apiKey);
    await using there = await openStream(other, evergrant.apiKey);
    await append(evergrant.database, 1, "here");
    await append(database, 1, "there");
    for (const stream of [here, there]) expect((await stream.take(2)).map(({ subject }) => subject)).toEqual(["here", "there"]);
    await other.close();
    database.close();
  });

  it("is read from the table by one poller, however many listen, and by none when nobody does", async () => {
    await using evergrant = await start();
    const reads = vi.spyOn(evergrant.database.orm, "select");
    const count = async (ms: number) => {
      reads.mockClear();
      await new Promise((resolve) => setTimeout(resolve, ms));
      return reads.mock.calls.length;
    };
    const open = () => openStream(evergrant.app, evergrant.apiKey, { after: 0 });
    const streams = await Promise.all(Array.from({ length: 20 }, open));
    await append(evergrant.database, 1);
    await Promise.all(streams.map((stream) => stream.take(1)));
    expect(await count(1_100)).toBeLessThanOrEqual(8);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
    await count(600);
    expect(await count(1_100)).toBe(0);
  });

  it("is left by its follower when the connection of a real server goes", async () => {
    await using evergrant = await start();
    await using hosts = await startHosts("http");
    hosts.serve(`127.0.0.1:${hosts.port}`, (request) => evergrant.app.fetch(request));
    const leaving = new AbortController();
    const url = `http://127.0.0.1:${hosts.port}/trpc/events.stream`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${evergrant.apiKey}` }, signal: leaving.signal });
    expect(response.status).toBe(200);
    const reads = vi.spyOn(evergrant.database.orm, "select");
    await expect.poll(() => reads.mock.calls.length, { timeout: 3_000 }).toBeGreaterThan(1);
    leaving.abort();
    await expect
      .poll(
        async () => {
          reads.mockClear();
          await new Promise((resolve) => setTimeout(resolve, 600));
          return reads.mock.calls.length;
        },
        { timeout: 5_000 },
      )
      .toBe(0);
  });

  it("comes from a database server as from a file", async () => {
    await using server = await startHranaServer();
    await using evergrant = await start({ databaseUrl: server.url });
    await using stream = await openStream(evergrant.app, evergrant.apiKey);
    await append(evergrant.database, 2);
    expect(idsOf(await stream.take(2))).toEqual([1, 2]);
    const database = await openDatabase({ url: server.url });
    await append(database, 1);
    expect(idsOf(await stream.take(1))).toEqual([3]);
    database.close();
  });

  it("ends when its API key is revoked, and when it expires, saying so", async () => {
    await using evergrant = await start({ app: { timing: { credentialCheckMs: 20 } } });
    const key = await evergrant.api.apiKeys.create.mutate({
      name: "short",
      permissions: ["events:read"],
      expiresAt: new Date(evergrant.clock.now().getTime() + 60_000).toISOString(),
    });
    const other = await evergrant.api.apiKeys.create.mutate({ name: "revoked", permissions: ["events:read"] });
    for (const [credential, end] of [
      [other, () => evergrant.api.apiKeys.revoke.mutate({ id: other.id })],
      [key, () => evergrant.clock.advance(61_000)],
    ] as const) {
      await using stream = await openStream(evergrant.app, credential.apiKey);
      await append(evergrant.database, 1);
      await stream.take(1);
      await end();
      let last = await stream.next();
      while (last?.event === "message") last = await stream.next();
      expect(last?.event).toBe("serialized-error");
      expect(JSON.parse(last?.data ?? "")).toMatchObject({ data: { code: "UNAUTHORIZED", httpStatus: 401 } });
      expect(await stream.next()).toBeNull();
      expect((await openStream(evergrant.app, credential.apiKey)).response.status).toBe(401);
    }
  });

  it("shows a key for some integrations theirs only, and nothing of what belongs to none", async () => {
    await using evergrant = await start();
    const elsewhere = await evergrant.apiKeyFor(["events:read"], { integrations: ["another"] });
    await using stream = await openStream(evergrant.app, elsewhere);
    await append(evergrant.database, 2, "alice", "sandbox");
    await append(evergrant.database, 1, "nobody", null);
    await append(evergrant.database, 1, "bob", "another");
    expect((await stream.take(1)).map(({ subject }) => subject)).toEqual(["bob"]);
    await append(evergrant.database, 1, "alice", "sandbox");
    await append(evergrant.database, 1, "carol", "another");
    expect((await stream.take(1)).map(({ subject }) => subject)).toEqual(["carol"]);
  });

  it("breaks off when the app closes, so that the client comes back to another process", async () => {
    await using evergrant = await start();
    const other = await evergrant.another();
    await using stream = await openStream(other, evergrant.apiKey);
    await append(evergrant.database, 1);
    await stream.take(1);
    const end = stream.next();
    expect(await other.close()).toBe(true);
    // An orderly end would have been a message, `return`.
    expect(await end).toBeNull();
  });

  it("sends a ping where nothing happens for fifteen seconds", async () => {
    await using evergrant = await start();
    await using stream = await openStream(evergrant.app, evergrant.apiKey);
    await append(evergrant.database, 1);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await stream.take(1);
      const ping = stream.next("ping");
      await vi.advanceTimersByTimeAsync(15_100);
      expect(await ping).toMatchObject({ event: "ping" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("outlives a database that does not answer for a while", async () => {
    await using evergrant = await start();
    await using stream = await openStream(evergrant.app, evergrant.apiKey);
    await append(evergrant.database, 1);
    await stream.take(1);
    const broken = vi.spyOn(evergrant.database.orm, "select").mockImplementation(() => {
      throw new Error("the database is away");
    });
    await append(evergrant.database, 1);
    await expect.poll(() => evergrant.logged.some((line) => line.includes("events were not read"))).toBe(true);
    broken.mockRestore();
    expect(idsOf(await stream.take(1))).toEqual([2]);
  });
});
