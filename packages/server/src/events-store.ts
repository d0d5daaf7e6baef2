/**
 * Events as rows, and as guards: libSQL commits a batch whose first UPDATE matched nothing, so a conditional batch begins with an
 * event whose `generation`, a NOT NULL column, is looked up under the condition. Where that finds nothing the insert fails, and
 * with it the batch; whoever wrote it then reads the row again, and draws no meaning from the error.
 */
import type { EventType, EvergrantEvent } from "@evergrant/schema";
import { type SQL, and, asc, desc, eq, gt, inArray, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { type Reach, everything } from "./reach.ts";
import { events, refreshSchedule } from "./tables.ts";

export interface NewEvent {
  readonly type: EventType;
  readonly at: Date;
  /** Null for what concerns no integration, or no subject. */
  readonly integrationId: string | null;
  readonly subject: string | null;
  readonly connectionId: string | null;
  /** The generation of the connection's token set after the event; 0 without a connection. */
  readonly generation: number;
  readonly details?: EvergrantEvent["details"];
}

const listeners = new WeakMap<Database, Set<() => void>>();

/**
 * Calls `listener` whenever this process is about to append an event to the database: a hint to look soon, not a promise that it commits.
 *
 * @returns what ends it.
 */
export function onAppend(database: Database, listener: () => void): () => void {
  const ofDatabase = listeners.get(database) ?? new Set();
  listeners.set(database, ofDatabase.add(listener));
  return () => ofDatabase.delete(listener);
}

function announce(database: Database): void {
  for (const listener of listeners.get(database) ?? []) listener();
}

/** The statement that appends an event. */
export function appendEvent(database: Database, event: NewEvent) {
  announce(database);
  return database.orm.insert(events).values({ ...event, details: event.details ?? {} });
}

/**
 * The statement that appends an event of a connection, and aborts its batch unless the connection is at generation `expected` and
 * the condition holds.
 *
 * Put it first. `event.generation` must be `expected`, or one more where the batch moves it.
 */
export function appendEventIfAt(
  database: Database,
  expected: number,
  event: NewEvent & { connectionId: string },
  condition: SQL = sql`TRUE`,
) {
  announce(database);
  const moved = event.generation - expected;
  return database.orm.insert(events).values({
    ...event,
    details: event.details ?? {},
    generation: sql`(SELECT ${refreshSchedule.generation} + CAST(${moved} AS INTEGER) FROM ${refreshSchedule} WHERE ${refreshSchedule.connectionId} = ${event.connectionId} AND ${refreshSchedule.generation} = ${expected} AND ${condition})`,
  });
}

/**
 * The statement that appends an event whose generation is looked up by `generation`, a scalar query, and aborts its batch where that
 * finds nothing. Put it first.
 */
export function appendEventWhere(database: Database, generation: SQL, event: Omit<NewEvent, "generation">) {
  announce(database);
  return database.orm.insert(events).values({ ...event, details: event.details ?? {}, generation: sql`(${generation})` });
}

/** The statement that appends an event if a condition holds, and nothing otherwise; its batch goes on either way. */
export function appendEventWhen(database: Database, condition: SQL, event: NewEvent) {
  announce(database);
  const { type, at, integrationId, subject, connectionId, generation, details = {} } = event;
  return database.orm.run(sql`INSERT INTO ${events} (type, at, integration_id, subject, connection_id, generation, details)
    SELECT ${type}, ${at.getTime()}, ${integrationId}, ${subject}, ${connectionId}, ${generation}, ${JSON.stringify(details)} WHERE ${condition}`);
}

/** Events after an id, oldest first unless `order` says otherwise. */
export async function listEvents(
  database: Database,
  filter: { after: number; limit: number; connectionId?: string | undefined; order?: "oldest_first" | "newest_first"; reach?: Reach },
): Promise<EvergrantEvent[]> {
  const { integrations, subjects } = filter.reach ?? everything;
  const rows = await database.orm
    .select()
    .from(events)
    .where(
      and(
        gt(events.id, filter.after),
        filter.connectionId === undefined ? undefined : eq(events.connectionId, filter.connectionId),
        integrations === null ? undefined : inArray(events.integrationId, [...integrations]),
        subjects === null ? undefined : inArray(events.subject, [...subjects]),
      ),
    )
    .orderBy(filter.order === "newest_first" ? desc(events.id) : asc(events.id))
    .limit(filter.limit);
  return rows.map(toEvent);
}

/** One event, or null. */
export async function findEvent(database: Database, id: number): Promise<EvergrantEvent | null> {
  const [row] = await database.orm.select().from(events).where(eq(events.id, id));
  return row === undefined ? null : toEvent(row);
}

/** The id of the newest event; 0 where there is none. */
export async function newestEventId(database: Database): Promise<number> {
  const [row] = await database.orm.select({ id: events.id }).from(events).orderBy(desc(events.id)).limit(1);
  return row?.id ?? 0;
}

function toEvent(row: typeof events.$inferSelect): EvergrantEvent {
  return {
    id: row.id,
    type: row.type,
    at: row.at.toISOString(),
    integration: row.integrationId,
    subject: row.subject,
    connectionId: row.connectionId,
    generation: row.generation,
    details: row.details,
  };
}
