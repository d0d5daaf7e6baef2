/**
 * The outbox of webhooks: deliveries written from the events, taken under a lease, and what became of each try.
 */
import type { DeliveryError, DeliveryState } from "@evergrant/schema";
import { and, desc, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { databaseNow } from "./leases-store.ts";
import { events, webhookDeliveries, webhookEndpoints } from "./tables.ts";

export type WebhookDeliveryRow = typeof webhookDeliveries.$inferSelect;

/** Events that one write batch makes deliveries of, for one endpoint. */
const page = 1_000;

/**
 * Writes a delivery for each event that an enabled endpoint wants and has none of yet.
 *
 * Events are written by those who change something, in their own batches; this reads them afterwards. Nothing can be missed: ids are in
 * commit order, the cursor moves in the batch that writes the deliveries, and where two processes do it at once, the second finds the
 * cursor moved and writes nothing.
 */
export async function writeDeliveries(database: Database, now: Date): Promise<void> {
  for (let more = true; more;) {
    const behind = await database.orm
      .select({ id: webhookEndpoints.id, cursor: webhookEndpoints.cursor, newest: newestEvent })
      .from(webhookEndpoints)
      .where(and(eq(webhookEndpoints.state, "enabled"), lt(webhookEndpoints.cursor, newestEvent)));
    for (const { id, cursor, newest } of behind) await writePage(database, { id, from: cursor, to: Math.min(newest, cursor + page), now });
    more = behind.some(({ cursor, newest }) => newest > cursor + page);
  }
}

const newestEvent = sql<number>`(SELECT coalesce(max(${events.id}), 0) FROM ${events})`;

async function writePage(database: Database, pageOf: { id: string; from: number; to: number; now: Date }): Promise<void> {
  const { id, from, to, now } = pageOf;
  await database.orm.batch([
    database.orm.run(sql`
      INSERT INTO webhook_deliveries (id, endpoint_id, event_id, ordered_by, state, due_at)
      SELECT 'msg_' || v.id || '_' || e.id, e.id, v.id, coalesce(v.connection_id, v.integration_id, e.id), 'pending', ${now.getTime()}
      FROM webhook_endpoints e JOIN events v ON v.id > ${from} AND v.id <= ${to}
      WHERE e.id = ${id} AND e.cursor = ${from} AND e.state = 'enabled'
        AND (e.event_types IS NULL OR v.type IN (SELECT value FROM json_each(e.event_types)))
        AND (e.integrations IS NULL OR v.integration_id IN (SELECT value FROM json_each(e.integrations)))`),
    database.orm
      .update(webhookEndpoints)
      .set({ cursor: to })
      .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.cursor, from), eq(webhookEndpoints.state, "enabled"))),
  ]);
}

/** A delivery that this process alone may send, for as long as the lease lasts. */
export interface ClaimedDelivery {
  readonly delivery: WebhookDeliveryRow;
  readonly endpoint: typeof webhookEndpoints.$inferSelect;
}

/**
 * Takes deliveries that are due, under a lease on the database's clock.
 *
 * Of those with the same `orderedBy` only the oldest; of an endpoint that is failing only one, so that a page full of its messages
 * does not become a storm; of any other at most `perEndpoint`; of those named in `except` none.
 */
export async function claimDeliveries(
  database: Database,
  request: { now: Date; limit: number; perEndpoint: number; except: readonly string[]; owner: string; leaseMs: number },
): Promise<ClaimedDelivery[]> {
  const now = request.now.getTime();
  // CROSS JOIN fixes the order of the join: an endpoint that is paused costs nothing, however much waits for it.
  const due = await database.orm.all<{ id: string }>(sql`
    SELECT id FROM (
      SELECT d.id, d.due_at, d.event_id, e.failures, row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.due_at, d.event_id) AS place
      FROM webhook_endpoints e CROSS JOIN webhook_deliveries d
      WHERE e.state = 'enabled' AND (e.resume_at IS NULL OR e.resume_at <= ${now})
        AND (e.failures = 0 OR NOT EXISTS (
          SELECT 1 FROM webhook_deliveries probe
          WHERE probe.endpoint_id = e.id AND probe.state = 'pending' AND probe.lease_expires_on_database_clock >= ${databaseNow}
        ))
        AND e.id NOT IN (SELECT value FROM json_each(${JSON.stringify(request.except)}))
        AND d.endpoint_id = e.id AND d.state = 'pending' AND d.due_at <= ${now}
        AND (d.lease_owner IS NULL OR d.lease_expires_on_database_clock < ${databaseNow})
        AND NOT EXISTS (
          SELECT 1 FROM webhook_deliveries earlier
          WHERE earlier.endpoint_id = d.endpoint_id AND earlier.ordered_by = d.ordered_by AND earlier.state = 'pending' AND earlier.event_id < d.event_id
        )
    ) WHERE place <= CASE WHEN failures > 0 THEN 1 ELSE ${request.perEndpoint} END
    ORDER BY due_at, event_id LIMIT ${request.limit}`);
  if (due.length === 0) return [];
  const ids = due.map(({ id }) => id);
  const taken = await database.orm
    .update(webhookDeliveries)
    .set({ leaseOwner: request.owner, leaseExpiresOnDatabaseClock: sql`${databaseNow} + ${request.leaseMs / 1000}` })
    .where(
      and(
        inArray(webhookDeliveries.id, ids),
        eq(webhookDeliveries.state, "pending"),
        or(isNull(webhookDeliveries.leaseOwner), sql`${webhookDeliveries.leaseExpiresOnDatabaseClock} < ${databaseNow}`),
      ),
    )
    .returning({ id: webhookDeliveries.id });
  if (taken.length === 0) return [];
  return database.orm
    .select({ delivery: webhookDeliveries, endpoint: webhookEndpoints })
    .from(webhookDeliveries)
    .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, webhookDeliveries.endpointId))
    .where(
      and(
        inArray(
          webhookDeliveries.id,
          taken.map(({ id }) => id),
        ),
        eq(webhookDeliveries.leaseOwner, request.owner),
      ),
    )
    .orderBy(webhookDeliveries.eventId);
}

/** What a try came to. */
export interface Attempt {
  readonly at: Date;
  readonly status: number | null;
  readonly error: DeliveryError | null;
}

/**
 * Records a delivery, and that its endpoint is well.
 *
 * @param wake Whether the endpoint comes back from an outage: what has been waiting for it is then due at once.
 */
export async function recordDelivered(database: Database, delivery: WebhookDeliveryRow, attempt: Attempt, wake: boolean): Promise<void> {
  const ofEndpoint = and(eq(webhookDeliveries.endpointId, delivery.endpointId), eq(webhookDeliveries.state, "pending"));
  await database.orm.batch([
    // Whoever holds the lease by now: the message has arrived.
    database.orm
      .update(webhookDeliveries)
      .set({ ...recorded(attempt), state: "delivered" })
      .where(eq(webhookDeliveries.id, delivery.id)),
    database.orm
      .update(webhookEndpoints)
      .set({ failures: 0, failingSince: null, resumeAt: null })
      .where(eq(webhookEndpoints.id, delivery.endpointId)),
    ...(wake
      ? [
          database.orm
            .update(webhookDeliveries)
            .set({ dueAt: attempt.at })
            .where(and(ofEndpoint, gt(webhookDeliveries.dueAt, attempt.at))),
        ]
      : []),
  ]);
}

/**
 * Records a try that failed, if the lease is still held.
 *
 * @param failure.nextAt When the next one is due; null: there is none.
 * @param failure.endpoint Where the endpoint as a whole is failing: how often in a row by now, and until when it is left alone.
 */
export async function recordFailure(
  database: Database,
  delivery: WebhookDeliveryRow,
  failure: { attempt: Attempt; nextAt: Date | null; endpoint: { failures: number; resumeAt: Date } | null },
): Promise<void> {
  const { attempt, nextAt, endpoint } = failure;
  const failingSince = sql`coalesce(${webhookEndpoints.failingSince}, ${attempt.at.getTime()})`;
  const blame = database.orm
    .update(webhookEndpoints)
    .set(
      endpoint === null
        ? { failingSince }
        : {
            failingSince,
            failures: sql`max(${webhookEndpoints.failures}, ${endpoint.failures})`,
            resumeAt: sql`max(coalesce(${webhookEndpoints.resumeAt}, 0), ${endpoint.resumeAt.getTime()})`,
          },
    )
    .where(eq(webhookEndpoints.id, delivery.endpointId));
  await database.orm.batch([
    database.orm
      .update(webhookDeliveries)
      .set({ ...recorded(attempt), ...(nextAt === null ? { state: "dead" as const } : { dueAt: nextAt }) })
      .where(and(eq(webhookDeliveries.id, delivery.id), eq(webhookDeliveries.leaseOwner, delivery.leaseOwner ?? ""))),
    // An event that is no more is nobody's failure.
    ...(attempt.error === "event_erased" ? [] : [blame]),
  ]);
}

/** Gives a delivery back for a while without a try, where this process could not make one. */
export async function returnDelivery(database: Database, delivery: WebhookDeliveryRow, dueAt: Date): Promise<void> {
  await database.orm
    .update(webhookDeliveries)
    .set({ ...leaseEnded, dueAt })
    .where(and(eq(webhookDeliveries.id, delivery.id), eq(webhookDeliveries.leaseOwner, delivery.leaseOwner ?? "")));
}

/** Deliveries of an endpoint, those of the newest events first. */
export async function listDeliveries(
  database: Database,
  filter: { endpointId: string; state?: DeliveryState | undefined; beforeEventId?: number | undefined; limit: number },
): Promise<WebhookDeliveryRow[]> {
  return database.orm
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.endpointId, filter.endpointId),
        filter.state === undefined ? undefined : eq(webhookDeliveries.state, filter.state),
        filter.beforeEventId === undefined ? undefined : lt(webhookDeliveries.eventId, filter.beforeEventId),
      ),
    )
    .orderBy(desc(webhookDeliveries.eventId))
    .limit(filter.limit);
}

/** Makes deliveries due again, one by its id or all dead ones; returns how many. */
export async function replayDeliveries(
  database: Database,
  replay: { endpointId: string; deliveryId?: string | undefined; now: Date },
): Promise<number> {
  const replayed = await database.orm
    .update(webhookDeliveries)
    .set({ ...leaseEnded, state: "pending", attempts: 0, firstAttemptAt: null, dueAt: replay.now })
    .where(
      and(
        eq(webhookDeliveries.endpointId, replay.endpointId),
        replay.deliveryId === undefined
          ? eq(webhookDeliveries.state, "dead")
          : and(eq(webhookDeliveries.id, replay.deliveryId), inArray(webhookDeliveries.state, ["dead", "delivered"])),
      ),
    )
    .returning({ id: webhookDeliveries.id });
  return replayed.length;
}

function recorded(attempt: Attempt) {
  return {
    ...leaseEnded,
    attempts: sql`${webhookDeliveries.attempts} + 1`,
    firstAttemptAt: sql`coalesce(${webhookDeliveries.firstAttemptAt}, ${attempt.at.getTime()})`,
    lastAttemptAt: attempt.at,
    lastStatus: attempt.status,
    lastError: attempt.error,
  };
}

const leaseEnded = { leaseOwner: null, leaseExpiresOnDatabaseClock: null } as const;
