/**
 * Data keys as rows: wrapped, never in the clear, and added only by whoever saw the newest.
 */
import { asc, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";
import { dataKeys } from "./tables.ts";

export type DataKeyRow = typeof dataKeys.$inferSelect;

/** All data keys, oldest first. */
export async function listDataKeys(database: Database): Promise<DataKeyRow[]> {
  return database.orm.select().from(dataKeys).orderBy(asc(dataKeys.createdAt), asc(dataKeys.id));
}

/**
 * Adds a key, if the newest is still `newestId` (null: there is none). Whether it was added is for the caller to read: of several
 * processes that saw the same keys only one adds to them.
 */
export async function addDataKey(database: Database, key: Omit<DataKeyRow, "sealCount">, newestId: string | null): Promise<void> {
  try {
    await database.orm.run(sql`INSERT INTO ${dataKeys} (id, key_encryption_key_id, wrapped, created_at)
      SELECT ${key.id}, ${key.keyEncryptionKeyId}, ${key.wrapped}, ${key.createdAt.getTime()}
      WHERE (SELECT id FROM ${dataKeys} ORDER BY created_at DESC, id DESC LIMIT 1) IS ${newestId}`);
  } catch (error) {
    // Landed or not, what counts is what the table holds now.
    if (!(error instanceof StoreError) || error.code !== "store_outcome_unknown") throw error;
  }
}

/** Counts seals that were made with a key. */
export async function countSeals(database: Database, id: string, seals: number): Promise<void> {
  await database.orm
    .update(dataKeys)
    .set({ sealCount: sql`${dataKeys.sealCount} + ${seals}` })
    .where(eq(dataKeys.id, id));
}
