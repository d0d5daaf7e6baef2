/**
 * The outbox of revocations: sealed tokens that no connection has any more, until their provider has taken note.
 */
import { type SQL, and, eq, inArray, sql } from "drizzle-orm";
import { auditEvent } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { type NewEvent, appendEventWhere } from "./events-store.ts";
import { databaseNow } from "./leases-store.ts";
import { refreshSchedule, revocations } from "./tables.ts";

export type RevocationRow = typeof revocations.$inferSelect;
export type NewRevocation = typeof revocations.$inferInsert;

/** The statement that puts a revocation into the outbox: part of the batch that takes the tokens away from where they were. */
export function insertRevocation(database: Database, row: NewRevocation) {
  return database.orm.insert(revocations).values(row);
}

/** Whether nobody has begun to carry a revocation out. */
export function isUnclaimed(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${revocations} WHERE ${revocations.id} = ${id} AND ${revocations.leaseOwner} IS NULL)`;
}

/** The statement that calls a revocation off: part of the batch that has found a place for the tokens. */
export function deleteRevocation(database: Database, id: string) {
  return database.orm.delete(revocations).where(eq(revocations.id, id));
}

/** Takes revocations that are due, oldest first, under a lease on the database's clock. */
export async function claimRevocations(
  database: Database,
  request: { now: Date; limit: number; owner: string; leaseMs: number },
): Promise<RevocationRow[]> {
  const isFree = sql`(${revocations.leaseOwner} IS NULL OR ${revocations.leaseExpiresOnDatabaseClock} < ${databaseNow})`;
  const due = await database.orm
    .select({ id: revocations.id })
    .from(revocations)
    .where(and(sql`${revocations.dueAt} <= ${request.now.getTime()}`, isFree))
    .orderBy(revocations.dueAt)
    .limit(request.limit);
  if (due.length === 0) return [];
  const ids = due.map(({ id }) => id);
  return database.orm
    .update(revocations)
    .set({ leaseOwner: request.owner, leaseExpiresOnDatabaseClock: sql`${databaseNow} + ${request.leaseMs / 1000}` })
    .where(and(inArray(revocations.id, ids), isFree))
    .returning();
}

/**
 * Forgets tokens whose revocation is settled, and says so.
 *
 * @throws where somebody else has settled it: then nothing is written.
 */
export async function settleRevocation(database: Database, id: string, event: Omit<NewEvent, "generation">): Promise<void> {
  const generation = sql`SELECT coalesce((SELECT ${refreshSchedule.generation} FROM ${refreshSchedule} WHERE ${refreshSchedule.connectionId} = ${revocations.connectionId}), 0) FROM ${revocations} WHERE ${revocations.id} = ${id}`;
  await database.orm.batch([appendEventWhere(database, generation, event), auditEvent(database, event), deleteRevocation(database, id)]);
}

/** Counts a try that did not reach the provider, and gives the lease back. */
export async function postponeRevocation(database: Database, id: string, dueAt: Date): Promise<void> {
  await database.orm
    .update(revocations)
    .set({ dueAt, attempts: sql`${revocations.attempts} + 1`, leaseOwner: null, leaseExpiresOnDatabaseClock: null })
    .where(eq(revocations.id, id));
}
