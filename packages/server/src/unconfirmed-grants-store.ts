/**
 * Grants of finished flows that nobody has confirmed: kept apart from the connections, so that nothing can read or refresh them.
 */
import { type SQL, eq, lte, sql } from "drizzle-orm";
import { appendAudit, auditEvent } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { type NewEvent, appendEvent } from "./events-store.ts";
import { type NewRevocation, deleteRevocation, insertRevocation, isUnclaimed } from "./revocations-store.ts";
import { unconfirmedGrants } from "./tables.ts";

export type UnconfirmedGrantRow = typeof unconfirmedGrants.$inferSelect;

/**
 * Stores a grant until it is confirmed.
 *
 * @param revocationId Where it waits for its revocation, which is called off; null: nowhere.
 * @throws where somebody is revoking it, or the store did not answer.
 */
export async function insertUnconfirmedGrant(
  database: Database,
  row: UnconfirmedGrantRow,
  at: Date,
  revocationId: string | null,
): Promise<void> {
  // Null, which the column does not take, ends the batch.
  const confirmBy =
    revocationId === null ? row.confirmBy : sql`(SELECT CAST(${row.confirmBy.getTime()} AS INTEGER) WHERE ${isUnclaimed(revocationId)})`;
  await database.orm.batch([
    database.orm.insert(unconfirmedGrants).values({ ...row, confirmBy }),
    ...(revocationId === null ? [] : [deleteRevocation(database, revocationId)]),
    appendAudit(database, {
      at,
      outcome: "unconfirmed",
      integrationId: row.integrationId,
      subject: row.subject,
      connectionId: row.connectionId,
    }),
  ]);
}

export async function findUnconfirmedGrant(database: Database, confirmationHash: string): Promise<UnconfirmedGrantRow | null> {
  const rows = await database.orm.select().from(unconfirmedGrants).where(eq(unconfirmedGrants.confirmationHash, confirmationHash));
  return rows[0] ?? null;
}

/** Whether a grant can be confirmed at this instant: nobody has confirmed or refused it, and its time is not over. */
export function isConfirmable(confirmationHash: string, at: Date): SQL {
  return sql`EXISTS (SELECT 1 FROM ${unconfirmedGrants} WHERE ${unconfirmedGrants.confirmationHash} = ${confirmationHash} AND ${unconfirmedGrants.confirmBy} > ${at.getTime()})`;
}

/** The statement that removes a grant: part of the batch that makes a connection of it. */
export function deleteUnconfirmedGrant(database: Database, confirmationHash: string) {
  return database.orm.delete(unconfirmedGrants).where(eq(unconfirmedGrants.confirmationHash, confirmationHash));
}

/** Removes a grant that does not open. */
export async function discardUnconfirmedGrant(database: Database, confirmationHash: string): Promise<void> {
  await deleteUnconfirmedGrant(database, confirmationHash);
}

/** From now on nobody can confirm this grant; it stands until its tokens are revoked, by whoever gets to it. */
export async function refuseUnconfirmedGrant(database: Database, confirmationHash: string, now: Date): Promise<void> {
  await database.orm
    .update(unconfirmedGrants)
    .set({ confirmBy: now, revokeAt: now })
    .where(eq(unconfirmedGrants.confirmationHash, confirmationHash));
}

/** Grants that nobody confirmed in time, oldest first. */
export async function listOverdueGrants(database: Database, now: Date, limit: number): Promise<UnconfirmedGrantRow[]> {
  return database.orm
    .select()
    .from(unconfirmedGrants)
    .where(lte(unconfirmedGrants.revokeAt, now))
    .orderBy(unconfirmedGrants.revokeAt)
    .limit(limit);
}

/**
 * Forgets a grant, and says so.
 *
 * @param revocation Where its tokens wait, if they could not be revoked yet; null where that is settled.
 */
export async function forgetUnconfirmedGrant(
  database: Database,
  confirmationHash: string,
  event: NewEvent,
  revocation: NewRevocation | null,
): Promise<void> {
  await database.orm.batch([
    deleteUnconfirmedGrant(database, confirmationHash),
    appendEvent(database, event),
    auditEvent(database, event),
    ...(revocation === null ? [] : [insertRevocation(database, revocation)]),
  ]);
}
