/**
 * API keys as rows: only the SHA-256 of each, never the key.
 */
import { and, desc, eq, getTableColumns, gt, isNull, lte, or, sql } from "drizzle-orm";
import { appendAudit, appendAuditIfChanged } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { hotQuery } from "./hot-query.ts";
import { apiKeys, sessions } from "./tables.ts";
import { keepingRows } from "./unchanged-rows.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

export async function insertApiKey(database: Database, row: ApiKeyRow): Promise<void> {
  await database.orm.batch([
    database.orm.insert(apiKeys).values(row),
    appendAudit(database, {
      at: row.createdAt,
      outcome: "ok",
      details: {
        apiKey: row.id,
        name: row.name,
        permissions: [...row.permissions],
        ...(row.integrations === null ? {} : { integrations: [...row.integrations] }),
      },
    }),
  ]);
}

const apiKeyColumns = getTableColumns(apiKeys);
const apiKeyById = hotQuery(apiKeyColumns, (orm) =>
  orm
    .select(apiKeyColumns)
    .from(apiKeys)
    .where(eq(apiKeys.id, sql.placeholder("id"))),
);

export const findApiKey = keepingRows<ApiKeyRow>(async (database, id) => (await apiKeyById(database, { id }))[0] ?? null);

/** Those that hold first, the newest first: 500 at most, so that no number of old ones hides one that works. */
export async function listApiKeys(database: Database, now: Date): Promise<ApiKeyRow[]> {
  const holds = and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)));
  return database.orm
    .select()
    .from(apiKeys)
    .orderBy(sql`${holds} DESC`, desc(apiKeys.createdAt))
    .limit(500);
}

/** Says that a key was used, unless that is known of an instant after `notSince`. */
export async function recordApiKeyUse(database: Database, id: string, { at, notSince }: { at: Date; notSince: Date }): Promise<void> {
  await database.orm
    .update(apiKeys)
    .set({ lastUsedAt: at })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, notSince))));
}

/** Revokes a key, and with it the sessions that it made; false where there is no such key that still worked. */
export async function revokeApiKey(database: Database, id: string, now: Date): Promise<boolean> {
  const [revoked] = await database.orm.batch([
    database.orm
      .update(apiKeys)
      .set({ revokedAt: now })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id }),
    appendAuditIfChanged(database, { at: now, outcome: "ok", details: { apiKey: id } }),
    // Whoever had the key may hold some of them.
    database.orm
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.createdBy, id), isNull(sessions.revokedAt))),
  ]);
  return revoked.length === 1;
}
