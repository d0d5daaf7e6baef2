import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type SQL, eq } from "drizzle-orm";
import { describe, expect, it, vi } from "vitest";
import { openDatabase } from "../src/database.ts";
import { type NewEvent, appendEvent } from "../src/events-store.ts";
import { events, webhookDeliveries, webhookEndpoints } from "../src/tables.ts";
import { claimDeliveries, writeDeliveries } from "../src/webhook-deliveries-store.ts";
import { startHranaServer } from "./hrana-server.ts";
import { type Started, present, start } from "./start.ts";
import { type Receiver, startReceiver, verified } from "./webhook-receiver.ts";

const round = { limit: 1_000, deadlineMs: 10_000 };
const minuteMs = 60_000;
const hourMs = 3_600_000;

async function append(evergrant: Started, connectionId: string | null, generation = 1, more: Partial<NewEvent> = {}): Promise<void> {
  await appendEvent(evergrant.database, {
    type: "connection.refreshed",
    at: evergrant.clock.now(),
    integrationId: "sandbox",
    subject: "alice",
    connectionId,
    generation,
    ...more,
  });
}

/** Lets time pass in steps, with a round of deliveries at each. */
async function pass(evergrant: Started, ms: number, stepMs = minuteMs): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    evergrant.clock.advance(stepMs);
    await evergrant.app.deliverDue(round);
  }
}

async function deliveriesOf(evergrant: Started, id: string) {
  return (await evergrant.api.webhooks.deliveries.query({ id })).deliveries;
}

function generationsOf(receiver: Receiver, secret: string, connectionId: string): number[] {
  return receiver.accepted().flatMap((received) => {
    const { data } = verified(secret, received);
    return "connectionId" in data && data.connectionId === connectionId ? [data.generation] : [];
  });
}

describe("a webhook", () => {
  it("is told of what happens from now on, signed, timestamped, and under an id of its own for each event", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    await evergrant.connect("bob");
    const webhook = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    expect(webhook).toMatchObject({ url: receiver.url, events: null, integrations: null, state: "enabled" });
    const connectionId = await evergrant.connect("alice");
    await append(evergrant, connectionId);

    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 2, failed: 0 });
    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 0, failed: 0 });
    const { events: happened } = await evergrant.api.events.list.query({ connectionId });
    expect(receiver.received.map((received) => verified(webhook.secret, received))).toEqual(
      happened.map((event) => ({ type: event.type, timestamp: event.at, data: event })),
    );
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(2);
    for (const { id, headers } of receiver.received) {
      expect(id).toMatch(/^msg_[\w-]+$/);
      expect(headers["content-type"]).toBe("application/json");
    }
    const [first] = receiver.received;
    const altered = { ...present(first), body: present(first).body.replace("alice", "mallory") };
    expect(() => verified(webhook.secret, altered)).toThrow(/signature/i);
  });

  it("hears only of the event types and integrations that it asked for", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { secret } = await evergrant.api.webhooks.create.mutate({
      url: receiver.url,
      events: ["connection.recovered", "integration.misconfigured"],
      integrations: ["sandbox"],
    });
    await append(evergrant, "con_a");
    await append(evergrant, "con_a", 1, { type: "connection.recovered", integrationId: "another" });
    await append(evergrant, "con_a", 1, { type: "connection.recovered" });
    await append(evergrant, null, 0, { type: "integration.misconfigured", subject: null });
    await append(evergrant, null, 0, { type: "webhook.disabled", subject: null, integrationId: null });
    await evergrant.app.deliverDue(round);
    const told = receiver.received.map((received) => verified(secret, received));
    expect(told).toMatchObject([
      { type: "connection.recovered", data: { integration: "sandbox", subject: "alice" } },
      { type: "integration.misconfigured", data: { integration: "sandbox", subject: null, connectionId: null } },
    ]);
  });

  it("that fails for an hour gets every event once it is back, in order for each connection, and was asked a bounded number of times", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id, secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    receiver.answer(() => 503);
    const connections = ["con_a", "con_b", "con_c"];
    for (let minute = 1; minute <= 60; minute += 1) {
      for (const connectionId of connections) await append(evergrant, connectionId, minute);
      await pass(evergrant, minuteMs, minuteMs / 4);
    }
    expect(receiver.received.length).toBeGreaterThan(5);
    expect(receiver.received.length).toBeLessThan(35);
    expect((await evergrant.api.webhooks.list.query())[0]?.failingSince).not.toBeNull();

    receiver.answer(() => 204);
    await pass(evergrant, 6 * minuteMs);
    for (const connectionId of connections) {
      expect(generationsOf(receiver, secret, connectionId)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    }
    expect(receiver.accepted()).toHaveLength(180);
    expect(new Set(receiver.accepted().map((each) => each.id)).size).toBe(180);
    expect((await evergrant.api.webhooks.list.query())[0]).toMatchObject({ id, state: "enabled", failingSince: null });
  });

  it("knows a duplicate by its webhook-id, whichever process sends it", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    await append(evergrant, "con_a");
    // It takes the message, and says that it did not.
    receiver.answer(() => 500);
    await evergrant.app.deliverDue(round);
    receiver.answer(() => 204);
    evergrant.clock.advance(minuteMs);
    const other = await evergrant.another();
    await other.deliverDue(round);
    await other.close();
    expect(receiver.received.map(({ status }) => status)).toEqual([500, 204]);
    const [once, again] = receiver.received;
    expect(again?.id).toBe(once?.id);
    // Signed anew at each try, since receivers refuse what is old.
    expect(again?.headers["webhook-timestamp"]).not.toBe(once?.headers["webhook-timestamp"]);
    expect(verified(secret, present(again))).toEqual(verified(secret, present(once)));
  });

  it("gets each message once from two processes that share the work", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    for (let index = 0; index < 60; index += 1) await append(evergrant, `con_${index % 20}`, index);
    const database = await openDatabase({ url: evergrant.folder.databaseUrl() });
    const other = await evergrant.another({ database });
    const counts = await Promise.all([evergrant.app.deliverDue(round), other.deliverDue(round)]);
    await other.close();
    database.close();
    expect(counts.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(60);
    expect(receiver.received).toHaveLength(60);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(60);
  });

  it("gets what a process took and died with, once its lease has run out", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    const { database, clock } = evergrant;
    await append(evergrant, "con_a", 1);
    await append(evergrant, "con_a", 2);
    await writeDeliveries(database, clock.now());
    const request = { now: clock.now(), limit: 10, perEndpoint: 10, except: [], leaseMs: 60_000 };
    // One looks first, and takes last: what it has seen is somebody else's by then.
    const late = await openDatabase({ url: evergrant.folder.databaseUrl() });
    const look = late.orm.all.bind(late.orm);
    let first: unknown[] = [];
    const lookAndWait = async (query: SQL) => {
      const seen = await look(query);
      first = await claimDeliveries(database, { ...request, owner: "of a process that dies" });
      return seen;
    };
    vi.spyOn(late.orm, "all").mockImplementation(lookAndWait as unknown as typeof late.orm.all);
    expect(await claimDeliveries(late, { ...request, owner: "too late" })).toEqual([]);
    expect(first).toHaveLength(1);
    late.close();
    // Nobody else sends it meanwhile, nor what has to come after it.
    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 0, failed: 0 });
    await database.orm.update(webhookDeliveries).set({ leaseExpiresOnDatabaseClock: 0 });
    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 2, failed: 0 });
    expect(generationsOf(receiver, secret, "con_a")).toEqual([1, 2]);
  });

  it("is told by the process itself where it refreshes by itself", async () => {
    await using evergrant = await start({ app: { refresher: "interval" } });
    await using receiver = await startReceiver(evergrant.clock);
    await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    await append(evergrant, "con_a");
    await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(1);
  });

  it("is told of all of a long absence, a page at a time, from a database server as from a file", async () => {
    await using server = await startHranaServer();
    await using evergrant = await start({ databaseUrl: server.url });
    await using receiver = await startReceiver(evergrant.clock);
    const { id, secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url, events: ["connection.recovered"] });
    await evergrant.api.webhooks.update.mutate({ id, state: "disabled" });
    const { orm } = evergrant.database;
    const event = {
      type: "connection.refreshed",
      at: new Date(),
      integrationId: "sandbox",
      subject: "alice",
      connectionId: "con_a",
      details: {},
    } as const;
    for (let written = 0; written < 2_400; written += 400) {
      await orm.insert(events).values(Array.from({ length: 400 }, (_, index) => ({ ...event, generation: written + index })));
    }
    await append(evergrant, "con_a", 9_999, { type: "connection.recovered" });
    await evergrant.app.deliverDue(round);
    expect(receiver.received).toEqual([]);
    await evergrant.api.webhooks.update.mutate({ id, state: "enabled" });
    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 1, failed: 0 });
    expect(generationsOf(receiver, secret, "con_a")).toEqual([9_999]);
    const before = server.requests;
    await evergrant.app.deliverDue(round);
    // With nothing to do, two reads and no write.
    expect(server.requests - before).toBe(2);
  });

  it("that refuses one message for a day leaves a dead letter, which holds nothing else up and can be replayed", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id, secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    await append(evergrant, "con_a", 1);
    await append(evergrant, "con_a", 2);
    await append(evergrant, "con_b", 7);
    receiver.answer(({ body }) => (body.includes('"generation":1') ? 422 : 204));
    await evergrant.app.deliverDue(round);
    // In order for each connection: the second waits for the first, another connection does not.
    expect(generationsOf(receiver, secret, "con_a")).toEqual([]);
    expect(generationsOf(receiver, secret, "con_b")).toEqual([7]);
    await pass(evergrant, 27 * hourMs, hourMs / 2);
    expect(generationsOf(receiver, secret, "con_a")).toEqual([2]);
    const dead = (await deliveriesOf(evergrant, id)).filter(({ state }) => state === "dead");
    expect(dead).toMatchObject([{ lastStatus: 422, lastError: "status", nextAttemptAt: null }]);
    const tries = receiver.received.filter(({ status }) => status === 422).length;
    expect(dead[0]?.attempts).toBe(tries);
    await pass(evergrant, 3 * hourMs, hourMs);
    expect(receiver.received.filter(({ status }) => status === 422)).toHaveLength(tries);

    receiver.answer(() => 204);
    expect(await evergrant.api.webhooks.replay.mutate({ id })).toEqual({ replayed: 1 });
    await evergrant.app.deliverDue(round);
    expect(generationsOf(receiver, secret, "con_a")).toEqual([2, 1]);
    expect(receiver.received.at(-1)?.id).toBe(dead[0]?.id);
    // One that arrived can be sent once more too.
    expect(await evergrant.api.webhooks.replay.mutate({ id, deliveryId: present(dead[0]).id })).toEqual({ replayed: 1 });
    await evergrant.app.deliverDue(round);
    expect(generationsOf(receiver, secret, "con_a")).toEqual([2, 1, 1]);
    await expect(evergrant.api.webhooks.replay.mutate({ id, deliveryId: "msg_0_none" })).rejects.toMatchObject({
      data: { httpStatus: 404 },
    });
  });

  it("is not blamed for an event that was erased before it could be told", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    await append(evergrant, "con_a");
    await writeDeliveries(evergrant.database, evergrant.clock.now());
    await evergrant.database.orm.delete(events);
    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 0, failed: 1 });
    expect(receiver.received).toEqual([]);
    expect(await deliveriesOf(evergrant, id)).toMatchObject([{ state: "dead", lastError: "event_erased" }]);
    expect((await evergrant.api.webhooks.list.query())[0]).toMatchObject({ failingSince: null });
  });

  it("carries both signatures while an old secret overlaps, and the new one alone afterwards", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id, secret: old } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    const rotated = await evergrant.api.webhooks.rotateSecret.mutate({ id, overlapSeconds: 3_600 });
    expect(rotated.secret).not.toBe(old);
    await append(evergrant, "con_a");
    await evergrant.app.deliverDue(round);
    const during = present(receiver.received.at(-1));
    expect(verified(old, during)).toEqual(verified(rotated.secret, during));

    evergrant.clock.advance(hourMs);
    await append(evergrant, "con_a");
    await evergrant.app.deliverDue(round);
    const after = present(receiver.received.at(-1));
    expect(verified(rotated.secret, after)).toMatchObject({ type: "connection.refreshed" });
    expect(() => verified(old, after)).toThrow(/signature/i);
  });

  it("is left alone for as long as its Retry-After says", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    for (const connectionId of ["con_a", "con_b"]) await append(evergrant, connectionId);
    receiver.answer(() => new Response(null, { status: 429, headers: { "retry-after": "1800" } }));
    await evergrant.app.deliverDue(round);
    const asked = receiver.received.length;
    await pass(evergrant, 29 * minuteMs);
    expect(receiver.received).toHaveLength(asked);
    receiver.answer(() => 204);
    await pass(evergrant, 2 * minuteMs);
    expect(receiver.accepted()).toHaveLength(2);
  });

  it("that is gone is disabled at once, with an event, and gets what it missed when it is enabled again", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id, secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url, integrations: ["sandbox"] });
    receiver.answer(() => 410);
    await append(evergrant, "con_a", 1);
    await evergrant.app.deliverDue(round);
    expect((await evergrant.api.webhooks.list.query())[0]).toMatchObject({ state: "disabled", disabledReason: "gone" });
    expect((await evergrant.api.events.list.query({})).events.at(-1)).toMatchObject({
      type: "webhook.disabled",
      integration: null,
      subject: null,
      connectionId: null,
      details: { webhookId: id, reason: "gone" },
    });
    await append(evergrant, "con_a", 2);
    await pass(evergrant, 2 * hourMs, hourMs);
    expect(receiver.received).toHaveLength(1);

    receiver.answer(() => 204);
    expect(await evergrant.api.webhooks.update.mutate({ id, state: "enabled" })).toMatchObject({ state: "enabled", disabledReason: null });
    await evergrant.app.deliverDue(round);
    expect(generationsOf(receiver, secret, "con_a")).toEqual([1, 2]);
  });

  it("to which nothing came for five days is disabled, with one event from however many processes", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    receiver.answer(() => 500);
    const other = await evergrant.another();
    for (let hour = 0; hour < 24 * 5 + 2; hour += 1) {
      for (const connectionId of ["con_a", "con_b", "con_c"]) await append(evergrant, connectionId, hour);
      evergrant.clock.advance(hourMs);
      await Promise.all([evergrant.app.deliverDue(round), other.deliverDue(round)]);
    }
    await other.close();
    expect((await evergrant.api.webhooks.list.query())[0]).toMatchObject({ state: "disabled", disabledReason: "failing" });
    const disabled = await evergrant.database.orm.select().from(events).where(eq(events.type, "webhook.disabled"));
    expect(disabled).toMatchObject([{ details: { reason: "failing" } }]);
  }, 30_000);

  it("can be tried out, changed, disabled and removed", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { api } = evergrant;
    const { id, secret } = await api.webhooks.create.mutate({ url: receiver.url });
    expect(await api.webhooks.test.mutate({ id })).toEqual({ delivered: true, status: 204, error: null });
    expect(verified(secret, present(receiver.received[0]))).toMatchObject({ type: "webhook.test", data: { webhookId: id } });
    receiver.answer(() => new Response(null, { status: 307, headers: { location: receiver.url } }));
    expect(await api.webhooks.test.mutate({ id })).toEqual({ delivered: false, status: 307, error: "status" });
    expect(receiver.received).toHaveLength(2);

    receiver.answer(() => 204);
    expect(await api.webhooks.update.mutate({ id, state: "disabled", events: ["connection.created"] })).toMatchObject({
      state: "disabled",
      disabledReason: "by_request",
      events: ["connection.created"],
    });
    await append(evergrant, "con_a");
    await evergrant.app.deliverDue(round);
    expect(receiver.received).toHaveLength(2);
    expect(await api.webhooks.remove.mutate({ id })).toEqual({ removed: true });
    expect(await api.webhooks.list.query()).toEqual([]);
    for (const refused of [
      api.webhooks.test.mutate({ id }),
      api.webhooks.rotateSecret.mutate({ id }),
      api.webhooks.deliveries.query({ id }),
    ]) {
      await expect(refused).rejects.toMatchObject({ data: { httpStatus: 404, reason: "unknown_webhook" } });
    }
    const limited = evergrant.as(await evergrant.apiKeyFor(["admin"], { integrations: ["sandbox"] }));
    await expect(limited.webhooks.list.query()).rejects.toMatchObject({ data: { httpStatus: 403 } });
  });
});

describe("a message that asks for a new authorization", () => {
  it("carries the connect link that mends the connection, made at each try and stored nowhere", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id, secret } = await evergrant.api.webhooks.create.mutate({
      url: receiver.url,
      events: ["connection.reauthorization_required"],
    });
    const connectionId = await evergrant.connect("alice");
    evergrant.sandbox.faults.add({ on: "refresh", kind: "error", error: "invalid_grant" });
    evergrant.clock.advanceTo((await evergrant.api.connections.get.query({ connectionId })).expiresAt);
    await evergrant.api.tokens.get.query({ connectionId });
    receiver.answer(() => 500);
    await evergrant.app.deliverDue(round);
    receiver.answer(() => 204);
    await pass(evergrant, 2 * minuteMs);

    const links = receiver.received.map((received) => {
      const message = verified(secret, received);
      return message.type === "connection.reauthorization_required" ? present(message.data.authorizeUrl) : "";
    });
    expect(links).toHaveLength(2);
    expect(links[0]).toMatch(/^http:\/\/127\.0\.0\.1:4000\/connect\//);
    expect(links[1]).not.toBe(links[0]);
    for (const file of await readdir(evergrant.folder.path)) {
      const bytes = await readFile(join(evergrant.folder.path, file));
      for (const link of links) expect(bytes.includes(link.slice(link.lastIndexOf("/") + 1)), file).toBe(false);
    }

    await evergrant.browser().open(present(links[1]));
    expect(await evergrant.api.connections.get.query({ connectionId })).toMatchObject({ status: "active" });
    // Sent once more, there is nothing to mend any more.
    await evergrant.api.webhooks.replay.mutate({ id, deliveryId: present(receiver.received[0]).id });
    await evergrant.app.deliverDue(round);
    expect(verified(secret, present(receiver.received.at(-1)))).toMatchObject({ data: { connectionId, authorizeUrl: null } });
  });
});

describe("where a webhook may point", () => {
  it("is refused when it is made: plain http, private and special addresses, loopback of a public server, credentials", async () => {
    await using evergrant = await start({ config: () => ({ publicUrl: "https://evergrant.test", privateHosts: ["hooks.internal"] }) });
    const { api } = evergrant;
    const kept = await api.webhooks.create.mutate({ url: "https://hooks.example.com/evergrant" });
    for (const url of [
      "http://hooks.example.com/",
      "https://localhost/",
      "https://127.0.0.1/",
      "https://2130706433/",
      "https://0x7f.1/",
      "https://10.0.0.8/",
      "https://192.168.1.1/",
      "https://169.254.169.254/latest/meta-data",
      "https://[::1]/",
      "https://[::ffff:10.0.0.1]/",
      "https://[fd00::1]/",
      "https://user:word@hooks.example.com/",
      "https://hooks.example.com/#part",
      "ftp://hooks.example.com/",
      "file:///etc/passwd",
      "nonsense",
    ]) {
      await expect(api.webhooks.create.mutate({ url }), url).rejects.toMatchObject({ data: { httpStatus: 400 } });
      await expect(api.webhooks.update.mutate({ id: kept.id, url }), url).rejects.toMatchObject({ data: { httpStatus: 400 } });
    }
    expect(await api.webhooks.create.mutate({ url: "http://hooks.internal/" })).toMatchObject({ url: "http://hooks.internal/" });
  });

  it("is looked at again with each message: nothing is sent to an address that has become private", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const { id } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    await evergrant.database.orm.update(webhookEndpoints).set({ url: "https://10.1.2.3/hooks" });
    await append(evergrant, "con_a");
    expect(await evergrant.app.deliverDue(round)).toEqual({ delivered: 0, failed: 1 });
    expect(await deliveriesOf(evergrant, id)).toMatchObject([{ state: "pending", lastStatus: null, lastError: "blocked" }]);
    expect(await evergrant.api.webhooks.test.mutate({ id })).toEqual({ delivered: false, status: null, error: "blocked" });
  });
});

describe("the secret of a webhook", () => {
  it("is shown once, and is in no row, log, list or URL in clear", async () => {
    await using evergrant = await start();
    await using receiver = await startReceiver(evergrant.clock);
    const created = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    expect(created.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const rotated = await evergrant.api.webhooks.rotateSecret.mutate({ id: created.id });
    receiver.answer(() => 500);
    await append(evergrant, "con_a");
    await evergrant.app.deliverDue(round);
    const answers = [
      await evergrant.api.webhooks.list.query(),
      await deliveriesOf(evergrant, created.id),
      await evergrant.api.events.list.query({}),
    ];
    const places = new Map([
      ["log", Buffer.from(evergrant.logged.join("\n"))],
      ["answers", Buffer.from(JSON.stringify(answers))],
      ["messages", Buffer.from(JSON.stringify(receiver.received))],
    ]);
    for (const file of await readdir(evergrant.folder.path)) places.set(file, await readFile(join(evergrant.folder.path, file)));
    for (const secret of [created.secret, rotated.secret]) {
      const key = secret.slice("whsec_".length);
      const raw = Buffer.from(key, "base64");
      for (const [place, bytes] of places) {
        expect(bytes.byteLength, place).toBeGreaterThan(0);
        for (const form of [key, encodeURIComponent(key), raw.toString("hex"), raw.toString("base64url"), raw]) {
          expect(bytes.includes(form), place).toBe(false);
        }
      }
    }
  });
});

describe("docs/webhooks.md", () => {
  it("shows a receiver that accepts our messages once and refuses others", async () => {
    await using evergrant = await start();
    const page = await readFile(new URL("../../../docs/webhooks.md", import.meta.url), "utf8");
    const example = present(/```js\n(?<code>[\s\S]*?)```/.exec(page)?.groups?.["code"]);
    await using receiver = await startReceiver(evergrant.clock);
    const { secret } = await evergrant.api.webhooks.create.mutate({ url: receiver.url });
    const { createReceiver } = await exampleModule(example);
    const handled: unknown[] = [];
    const answer = createReceiver(secret, async (message) => handled.push(message));
    const ask = async (body: string, headers: Record<string, string>) =>
      (await answer(new Request(receiver.url, { method: "POST", headers, body }))).status;
    await append(evergrant, "con_a", 5);
    await evergrant.app.deliverDue(round);
    const { body, headers } = present(receiver.received[0]);
    expect(await ask(body.replace("alice", "mallory"), headers)).toBe(401);
    expect(handled).toEqual([]);
    expect(await ask(body, headers)).toBe(204);
    expect(await ask(body, headers)).toBe(204);
    expect(handled).toMatchObject([{ type: "connection.refreshed", data: { subject: "alice", generation: 5 } }]);
  });
});

interface ExampleModule {
  createReceiver(secret: string, handle: (message: unknown) => Promise<unknown>): (request: Request) => Promise<Response>;
}

/** A snippet as a module, in a folder from which packages are found. */
async function exampleModule(code: string): Promise<ExampleModule> {
  const { mkdir, writeFile } = await import("node:fs/promises");
  const folder = new URL("../.reports/", import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = new URL("webhook-receiver.example.mjs", folder);
  await writeFile(file, code);
  const module: unknown = await import(/* @vite-ignore */ file.href);
  return module as ExampleModule;
}
