/**
 * Sessions as rows: only the SHA-256 of each token, never the token.
 */
import { and, eq, getTableColumns, gt, inArray, isNull, sql } from "drizzle-orm";
import { appendAudit, appendAuditIfChanged } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { hotQuery } from "./hot-query.ts";
import type { Reach } from "./reach.ts";
import { sessions } from "./tables.ts";
import { keepingRows } from "./unchanged-rows.ts";

export type SessionRow = typeof sessions.$inferSelect;

export async function insertSession(database: Database, row: SessionRow): Promise<void> {
  await database.orm.batch([
    database.orm.insert(sessions).values(row),
    appendAudit(database, {
      at: row.createdAt,
      outcome: "ok",
      subject: row.subject,
      details: { session: row.id, ...(row.integrations === null ? {} : { integrations: [...row.integrations] }) },
    }),
  ]);
}

const sessionColumns = getTableColumns(sessions);
const sessionById = hotQuery(sessionColumns, (orm) =>
  orm
    .select(sessionColumns)
    .from(sessions)
    .where(eq(sessions.id, sql.placeholder("id"))),
);

export const findSession = keepingRows<SessionRow>(async (database, id) => (await sessionById(database, { id }))[0] ?? null);

/** Revokes one session, or all of a subject's, as far as `reach` goes; how many still held. */
export async function revokeSessions(
  database: Database,
  which: { readonly id: string } | { readonly subject: string },
  { reach, now }: { reach: Reach; now: Date },
): Promise<number> {
  const { integrations, subjects } = reach;
  const [revoked] = await database.orm.batch([
    database.orm
      .update(sessions)
      .set({ revokedAt: now })
      .where(
        and(
          "id" in which ? eq(sessions.id, which.id) : eq(sessions.subject, which.subject),
          isNull(sessions.revokedAt),
          gt(sessions.expiresAt, now),
          subjects === null ? undefined : inArray(sessions.subject, [...subjects]),
          // Only what this caller could have made itself: a session for all integrations, or for another, is not its own to end.
          integrations === null
            ? undefined
            : sql`${sessions.integrations} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each(${sessions.integrations}) WHERE value NOT IN ${integrations})`,
        ),
      )
      .returning({ id: sessions.id }),
    appendAuditIfChanged(database, {
      at: now,
      outcome: "ok",
      ...("id" in which ? { details: { session: which.id } } : { subject: which.subject }),
    }),
  ]);
  return revoked.length;
}
