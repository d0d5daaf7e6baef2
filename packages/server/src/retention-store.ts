/**
 * Rows that only tell of the past, removed in pages: a page is one statement, so that nobody waits for it, and two processes that remove the
 * same one harm nothing.
 */
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { audit, authorizationRequests, events, sessions, unconfirmedGrants, webhookDeliveries, webhookEndpoints } from "./tables.ts";

/** What a page of a table is: how many rows, and from before when. */
export interface OldRows {
  readonly before: Date;
  readonly limit: number;
}

/**
 * Removes events; how many.
 *
 * Kept are those of which a webhook endpoint has no delivery yet, be it disabled, or one that is still to arrive.
 */
export async function removeEvents(database: Database, { before, limit }: OldRows): Promise<number> {
  const removed = await database.orm.all(sql`DELETE FROM ${events} WHERE id IN (
    SELECT v.id FROM ${events} v WHERE v.at < ${before.getTime()}
      AND v.id <= coalesce((SELECT min(cursor) FROM ${webhookEndpoints}), v.id)
      AND NOT EXISTS (SELECT 1 FROM ${webhookEndpoints} e JOIN ${webhookDeliveries} d ON d.endpoint_id = e.id WHERE d.event_id = v.id AND d.state = 'pending')
    ORDER BY v.id LIMIT ${limit}) RETURNING id`);
  return removed.length;
}

/** Removes deliveries that have arrived or been given up; how many. */
export async function removeDeliveries(database: Database, { before, limit }: OldRows): Promise<number> {
  const removed = await database.orm.all(sql`DELETE FROM ${webhookDeliveries} WHERE id IN (
    SELECT id FROM ${webhookDeliveries} WHERE state <> 'pending' AND last_attempt_at < ${before.getTime()} LIMIT ${limit}) RETURNING id`);
  return removed.length;
}

/** Removes authorization requests that have ended; how many. */
export async function removeAuthorizationRequests(database: Database, { before, limit }: OldRows): Promise<number> {
  const removed = await database.orm.all(sql`DELETE FROM ${authorizationRequests} WHERE state_hash IN (
    SELECT state_hash FROM ${authorizationRequests} WHERE expires_at < ${before.getTime()} LIMIT ${limit}) RETURNING state_hash`);
  return removed.length;
}

/** Removes the oldest authorization requests beyond the newest `keep`, whatever their subjects; how many. */
export async function removeExcessAuthorizationRequests(
  database: Database,
  { keep, limit }: { keep: number; limit: number },
): Promise<number> {
  const removed = await database.orm.all(sql`DELETE FROM ${authorizationRequests} WHERE state_hash IN (
    SELECT state_hash FROM ${authorizationRequests} ORDER BY expires_at
    LIMIT min(${limit}, max(0, (SELECT count(*) FROM ${authorizationRequests}) - ${keep}))) RETURNING state_hash`);
  return removed.length;
}

/** Removes sessions that have expired, revoked or not; how many. */
export async function removeSessions(database: Database, { before, limit }: OldRows): Promise<number> {
  const removed = await database.orm.all(sql`DELETE FROM ${sessions} WHERE id IN (
    SELECT id FROM ${sessions} WHERE expires_at < ${before.getTime()} LIMIT ${limit}) RETURNING id`);
  return removed.length;
}

/** Removes grants that nobody confirmed and that could not be revoked either, such as one that does not open; how many. */
export async function removeUnconfirmedGrants(database: Database, { before, limit }: OldRows): Promise<number> {
  const removed = await database.orm.all(sql`DELETE FROM ${unconfirmedGrants} WHERE confirmation_hash IN (
    SELECT confirmation_hash FROM ${unconfirmedGrants} WHERE revoke_at < ${before.getTime()} LIMIT ${limit}) RETURNING confirmation_hash`);
  return removed.length;
}

/** Whether the oldest row of the audit log is from before an instant. */
export async function hasOldAudit(database: Database, before: Date): Promise<boolean> {
  const rows = await database.orm.all(
    sql`SELECT 1 FROM (SELECT last_at FROM ${audit} ORDER BY id LIMIT 1) WHERE last_at < ${before.getTime()}`,
  );
  return rows.length > 0;
}
