/**
 * Events as rows, and as guards: libSQL commits a batch whose first UPDATE matched nothing, so a conditional batch begins with an
 * event whose `generation`, a NOT NULL column, is looked up under the condition. Where that finds nothing the insert fails, and
 * with it the batch; whoever wrote it then reads the row again, and draws no meaning from the error.
 */
import type { EventType, EvergrantEvent } from "@evergrant/schema";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { events, refreshSchedule } from "./tables.ts";

export interface NewEvent {
  readonly type: EventType;
  readonly at: Date;
  readonly integrationId: string;
  readonly subject: string;
  readonly connectionId: string | null;
  /** The generation of the connection's token set after the event. */
  readonly generation: number;
  readonly details?: EvergrantEvent["details"];
}

/** The statement that appends an event. */
export function appendEvent(database: Database, event: NewEvent) {
  return database.orm.insert(events).values({ ...event, details: event.details ?? {} });
}

/**
 * The statement that appends an event of a connection, and aborts its batch unless the connection is at generation `expected`.
 *
 * Put it first. `event.generation` must be `expected`, or one more where the batch moves it.
 */
export function appendEventIfAt(database: Database, expected: number, event: NewEvent & { connectionId: string }) {
  const moved = event.generation - expected;
  return database.orm.insert(events).values({
    ...event,
    details: event.details ?? {},
    generation: sql`(SELECT ${refreshSchedule.generation} + CAST(${moved} AS INTEGER) FROM ${refreshSchedule} WHERE ${refreshSchedule.connectionId} = ${event.connectionId} AND ${refreshSchedule.generation} = ${expected})`,
  });
}

/** Events after an id, oldest first. */
export async function listEvents(
  database: Database,
  filter: { after: number; limit: number; connectionId?: string | undefined; integrations?: readonly string[] | null },
): Promise<EvergrantEvent[]> {
  const rows = await database.orm
    .select()
    .from(events)
    .where(
      and(
        gt(events.id, filter.after),
        filter.connectionId === undefined ? undefined : eq(events.connectionId, filter.connectionId),
        filter.integrations ? sql`${events.integrationId} IN ${filter.integrations}` : undefined,
      ),
    )
    .orderBy(asc(events.id))
    .limit(filter.limit);
  return rows.map((row) => ({
    id: row.id,
    type: row.type,
    at: row.at.toISOString(),
    integration: row.integrationId,
    subject: row.subject,
    connectionId: row.connectionId,
    generation: row.generation,
    details: row.details,
  }));
}
