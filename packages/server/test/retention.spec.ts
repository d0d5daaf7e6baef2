import { asc, count, eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { audit, authorizationRequests, events, webhookDeliveries, webhookEndpoints } from "../src/tables.ts";
import { openVault } from "../src/vault.ts";
import { verifyAudit } from "../src/verify-audit.ts";
import { reachProvider } from "./flow.ts";
import { type Started, present, start, testKeys } from "./start.ts";

const dayMs = 86_400_000;

/** Moves the clock and has one process keep records; the result is what it removed. */
async function daysLater(evergrant: Started, days: number) {
  evergrant.clock.advance(days * dayMs);
  return (await evergrant.app.keepRecords({ deadlineMs: 20_000 })).removed;
}

async function rowsOf(evergrant: Started, table: typeof events | typeof audit | typeof webhookDeliveries): Promise<number> {
  const [row] = await evergrant.database.orm.select({ rows: count() }).from(table);
  return row?.rows ?? 0;
}

/** Events of the past, more than a page of them. */
async function fillEvents({ database, clock }: Started, rows: number): Promise<void> {
  await database.orm.run(sql`INSERT INTO events (type, at, integration_id, subject, connection_id, generation, details)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})
    SELECT 'connection.refreshed', ${clock.now().getTime()}, 'sandbox', 'alice', 'con_filler', 1, '{}' FROM numbers`);
}

describe("retention", () => {
  it("events go after 30 days, page after page, and not a day before", async () => {
    await using evergrant = await start();
    await fillEvents(evergrant, 1_200);
    expect((await daysLater(evergrant, 29)).events).toBe(0);
    expect((await daysLater(evergrant, 2)).events).toBe(1_200);
    expect(await rowsOf(evergrant, events)).toBe(0);
  });

  it("no event goes that the slowest webhook endpoint has yet to be told of, be it disabled", async () => {
    await using evergrant = await start();
    const { api, database } = evergrant;
    const told = await api.webhooks.create.mutate({ url: "https://told.example.com/" });
    await fillEvents(evergrant, 10);
    const slow = await api.webhooks.create.mutate({ url: "https://slow.example.com/" });
    await fillEvents(evergrant, 10);
    const all = await database.orm
      .select({ id: events.id })
      .from(events)
      .where(eq(events.connectionId, "con_filler"))
      .orderBy(asc(events.id));
    const [tenth, last] = [present(all[9]).id, present(all[19]).id];
    await database.orm.update(webhookEndpoints).set({ cursor: last }).where(eq(webhookEndpoints.id, told.id));
    await database.orm.update(webhookEndpoints).set({ cursor: tenth, state: "disabled" }).where(eq(webhookEndpoints.id, slow.id));

    await daysLater(evergrant, 31);
    const kept = await database.orm.select({ id: events.id }).from(events).where(eq(events.connectionId, "con_filler"));
    expect(kept.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(all.slice(10).map(({ id }) => id));

    // Nor one whose delivery is still to arrive, until the endpoint is gone.
    await database.orm.update(webhookEndpoints).set({ cursor: last });
    await database.orm.insert(webhookDeliveries).values({
      id: "msg_1_slow",
      endpointId: slow.id,
      eventId: last,
      orderedBy: "con_filler",
      state: "pending",
      dueAt: evergrant.clock.now(),
    });
    await daysLater(evergrant, 1);
    expect(await rowsOf(evergrant, events)).toBe(1);
    await api.webhooks.remove.mutate({ id: slow.id });
    await daysLater(evergrant, 1);
    expect(await rowsOf(evergrant, events)).toBe(0);
  });

  it("deliveries go 14 days after their last attempt, and none that is pending", async () => {
    await using evergrant = await start();
    const { id } = await evergrant.api.webhooks.create.mutate({ url: "https://hooks.example.com/" });
    const at = evergrant.clock.now();
    const row = { endpointId: id, orderedBy: "con_x", dueAt: at, lastAttemptAt: at } as const;
    await evergrant.database.orm.insert(webhookDeliveries).values([
      { ...row, id: "msg_1", eventId: 1, state: "delivered" },
      { ...row, id: "msg_2", eventId: 2, state: "dead" },
      { ...row, id: "msg_3", eventId: 3, state: "pending" },
    ]);
    expect((await daysLater(evergrant, 13)).deliveries).toBe(0);
    expect((await daysLater(evergrant, 2)).deliveries).toBe(2);
    expect(await rowsOf(evergrant, webhookDeliveries)).toBe(1);
  });

  it("sessions and authorization requests go a day after they have expired", async () => {
    await using evergrant = await start();
    await evergrant.api.sessions.create.mutate({ subject: "alice", ttlSeconds: 3_600 });
    await reachProvider(evergrant);
    expect(await daysLater(evergrant, 1.02)).toMatchObject({ sessions: 0, authorizationRequests: 1 });
    expect(await daysLater(evergrant, 0.1)).toMatchObject({ sessions: 1, authorizationRequests: 0 });
    expect(await evergrant.database.orm.select().from(authorizationRequests)).toEqual([]);
  });

  it("the audit log goes after 400 days, in pages that two processes may take at once, and the rest of its chain still holds", async () => {
    await using evergrant = await start();
    const { database, clock } = evergrant;
    await database.orm.run(sql`INSERT INTO audit (at, last_at, count, action, outcome, actor_kind, details)
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
      SELECT ${clock.now().getTime()}, ${clock.now().getTime()}, 1, 'tokens.get', 'active', 'system', '{}' FROM numbers`);
    for (let sealed = -1; sealed !== 0;) ({ sealed } = await evergrant.app.keepRecords({ deadlineMs: 20_000 }));
    clock.advance(200 * dayMs);
    await evergrant.api.apiKeys.create.mutate({ name: "later", permissions: ["tokens:read"] });
    const before = await rowsOf(evergrant, audit);

    expect((await daysLater(evergrant, 199)).audit).toBe(0);
    clock.advance(2 * dayMs);
    const other = await evergrant.another();
    await Promise.all([evergrant.app.keepRecords({ deadlineMs: 20_000 }), other.keepRecords({ deadlineMs: 20_000 })]);
    await other.close();
    expect(before - (await rowsOf(evergrant, audit))).toBeGreaterThanOrEqual(1_200);
    expect((await evergrant.api.audit.list.query({ action: "apiKeys.create" })).entries.map(({ details }) => details["name"])).toContain(
      "later",
    );
    const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(testKeys), now: clock.now });
    const verdict = await verifyAudit({ database, vault });
    expect(verdict).toMatchObject({ ok: true, firstBreak: null });
    expect(verdict.verified).toBeGreaterThan(0);
  });
});
