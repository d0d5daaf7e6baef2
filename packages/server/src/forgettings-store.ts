/**
 * Forgetting as rows: what is to be erased of a subject, and the note that somebody has begun to, by which whoever finds it goes on.
 */
import { and, asc, count, eq, sql } from "drizzle-orm";
import { appendAudit, appendAuditIfChanged } from "./audit-store.ts";
import { isDisconnected } from "./connection-status.ts";
import type { Database } from "./database.ts";
import {
  accessTokens,
  apiKeys,
  authorizationRequests,
  connections,
  events,
  forgettings,
  refreshSchedule,
  refreshTokens,
  revocations,
  scopeLedger,
  sessions,
  unconfirmedGrants,
} from "./tables.ts";

export type ForgettingRow = typeof forgettings.$inferSelect;

/** Notes that a subject is to be forgotten, from this instant on if it was noted before. */
export async function beginForgetting(database: Database, row: ForgettingRow): Promise<void> {
  await database.orm.batch([
    database.orm
      .insert(forgettings)
      .values(row)
      .onConflictDoUpdate({ target: forgettings.subject, set: { requestedAt: row.requestedAt } }),
    appendAudit(database, { at: row.requestedAt, outcome: "begun", subject: row.subject }),
  ]);
}

/** Forgettings that have not ended, oldest first. */
export async function listForgettings(database: Database, limit: number): Promise<ForgettingRow[]> {
  return database.orm.select().from(forgettings).orderBy(asc(forgettings.requestedAt)).limit(limit);
}

/** Ends a forgetting, unless it was asked for again meanwhile. */
export async function endForgetting(database: Database, row: ForgettingRow, at: Date): Promise<void> {
  await database.orm.batch([
    database.orm.delete(forgettings).where(and(eq(forgettings.subject, row.subject), eq(forgettings.requestedAt, row.requestedAt))),
    appendAuditIfChanged(database, { at, outcome: "forgotten", subject: row.subject }),
  ]);
}

/** What holds a grant of the subject's: it has to be revoked before it is erased. */
export async function listHeldBy(database: Database, subject: string) {
  const [held, unconfirmed] = await database.orm.batch([
    database.orm
      .select({ id: connections.id })
      .from(connections)
      .where(and(eq(connections.subject, subject), sql`${connections.status} <> 'disconnected'`)),
    database.orm.select().from(unconfirmedGrants).where(eq(unconfirmedGrants.subject, subject)),
  ]);
  return { connectionIds: held.map(({ id }) => id), unconfirmed };
}

/** Takes away what would let the subject begin or end anything more: sessions, and flows that are under way. */
export async function closeDoorsOf(database: Database, subject: string): Promise<void> {
  await database.orm.batch([
    database.orm.delete(sessions).where(eq(sessions.subject, subject)),
    database.orm.delete(authorizationRequests).where(eq(authorizationRequests.subject, subject)),
    database.orm
      .run(sql`UPDATE ${apiKeys} SET subjects = (SELECT json_group_array(value) FROM json_each(${apiKeys.subjects}) WHERE value <> ${subject})
      WHERE EXISTS (SELECT 1 FROM json_each(${apiKeys.subjects}) WHERE value = ${subject})`),
  ]);
}

/**
 * Erases the subject's disconnected connections, and the subject's name wherever else it stands.
 *
 * A revocation that waits keeps its tokens and loses its subject.
 *
 * @returns how many connections there were.
 */
export async function eraseSubject(database: Database, subject: string): Promise<number> {
  const ended = database.orm
    .select({ id: connections.id })
    .from(connections)
    .where(and(eq(connections.subject, subject), isDisconnected));
  const [, , , , erased] = await database.orm.batch([
    database.orm.delete(scopeLedger).where(sql`${scopeLedger.connectionId} IN ${ended}`),
    database.orm.delete(accessTokens).where(sql`${accessTokens.connectionId} IN ${ended}`),
    database.orm.delete(refreshTokens).where(sql`${refreshTokens.connectionId} IN ${ended}`),
    database.orm.delete(refreshSchedule).where(sql`${refreshSchedule.connectionId} IN ${ended}`),
    database.orm
      .delete(connections)
      .where(and(eq(connections.subject, subject), isDisconnected))
      .returning({ id: connections.id }),
    database.orm.update(revocations).set({ subject: "" }).where(eq(revocations.subject, subject)),
    database.orm.delete(events).where(eq(events.subject, subject)),
  ]);
  return erased.length;
}

/** How many of these connections' grants wait in the outbox, and those of the subject that no connection came of. */
export async function countPendingRevocations(database: Database, connectionIds: readonly string[], subject: string): Promise<number> {
  const [row] = await database.orm
    .select({ pending: count() })
    .from(revocations)
    .where(
      sql`${revocations.subject} = ${subject} OR ${revocations.connectionId} IN (SELECT value FROM json_each(${JSON.stringify(connectionIds)}))`,
    );
  return row?.pending ?? 0;
}
