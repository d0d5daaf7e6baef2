/**
 * Integrations put at run time, as rows: the definition in clear, client id and secret sealed.
 */
import { and, eq } from "drizzle-orm";
import { appendAuditIfChanged } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { integrations } from "./tables.ts";

export type IntegrationRow = typeof integrations.$inferSelect;

export async function listIntegrationRows(database: Database): Promise<IntegrationRow[]> {
  return database.orm.select().from(integrations).orderBy(integrations.id);
}

export async function findIntegrationRow(database: Database, id: string): Promise<IntegrationRow | null> {
  const rows = await database.orm.select().from(integrations).where(eq(integrations.id, id));
  return rows[0] ?? null;
}

/** Writes a revision over the one before it; false where somebody else was first. */
export async function putIntegrationRow(database: Database, row: IntegrationRow): Promise<boolean> {
  const audited = appendAuditIfChanged(database, {
    at: row.updatedAt,
    outcome: "ok",
    integrationId: row.id,
    details: { revision: row.revision },
  });
  if (row.revision === 1) {
    const insert = database.orm.insert(integrations).values(row).onConflictDoNothing().returning({ id: integrations.id });
    const [inserted] = await database.orm.batch([insert, audited]);
    return inserted.length === 1;
  }
  const update = database.orm
    .update(integrations)
    .set(row)
    .where(and(eq(integrations.id, row.id), eq(integrations.revision, row.revision - 1)))
    .returning({ id: integrations.id });
  const [updated] = await database.orm.batch([update, audited]);
  return updated.length === 1;
}

export async function deleteIntegrationRow(database: Database, id: string, at: Date): Promise<boolean> {
  const [deleted] = await database.orm.batch([
    database.orm.delete(integrations).where(eq(integrations.id, id)).returning({ id: integrations.id }),
    appendAuditIfChanged(database, { at, outcome: "ok", integrationId: id }),
  ]);
  return deleted.length === 1;
}
