/**
 * What waits to be done, counted for `/metrics`: each count is a walk along an index, over what waits and not over what is done.
 */
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { events, refreshSchedule, revocations, webhookDeliveries, webhookEndpoints } from "./tables.ts";

export interface Backlog {
  /** Connections that are due for a refresh. */
  readonly due: number;
  /** Since when the one that has waited longest is due; null where none is. */
  readonly dueSince: Date | null;
  readonly deliveriesPending: number;
  readonly deliveriesDead: number;
  /** Events that the endpoint furthest behind has not yet been written deliveries of. */
  readonly eventsUnread: number;
  /** Events ever appended. */
  readonly events: number;
  readonly revocations: number;
}

interface Counts {
  readonly [name: string]: number | null;
}

export async function readBacklog(database: Database, now: Date): Promise<Backlog> {
  const isDue = sql`FROM ${refreshSchedule} WHERE ${refreshSchedule.state} = 'active' AND ${refreshSchedule.dueAt} <= ${now.getTime()}`;
  const deliveries = (state: string) =>
    sql`(SELECT count(*) FROM ${webhookEndpoints} CROSS JOIN ${webhookDeliveries} ON ${webhookDeliveries.endpointId} = ${webhookEndpoints.id} WHERE ${webhookDeliveries.state} = ${state})`;
  const newest = sql`coalesce((SELECT max(${events.id}) FROM ${events}), 0)`;
  const furthestBehind = sql`(SELECT min(${webhookEndpoints.cursor}) FROM ${webhookEndpoints} WHERE ${webhookEndpoints.state} = 'enabled')`;
  const [row = {}] = await database.orm.all<Counts>(sql`SELECT
    (SELECT count(*) ${isDue}) AS due, (SELECT min(${refreshSchedule.dueAt}) ${isDue}) AS "dueSince",
    ${deliveries("pending")} AS pending, ${deliveries("dead")} AS dead,
    ${newest} AS events, max(0, ${newest} - coalesce(${furthestBehind}, ${newest})) AS unread,
    (SELECT count(*) FROM ${revocations}) AS revocations`);
  const dueSince = row["dueSince"] ?? null;
  return {
    due: row["due"] ?? 0,
    dueSince: dueSince === null ? null : new Date(dueSince),
    deliveriesPending: row["pending"] ?? 0,
    deliveriesDead: row["dead"] ?? 0,
    eventsUnread: row["unread"] ?? 0,
    events: row["events"] ?? 0,
    revocations: row["revocations"] ?? 0,
  };
}
