/**
 * Data keys as rows: wrapped, never in the clear, and added only by whoever saw the newest.
 */
import { and, asc, eq, sql } from "drizzle-orm";
import { appendAuditIfChanged } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";
import { dataKeys } from "./tables.ts";

export type DataKeyRow = typeof dataKeys.$inferSelect;
export type NewDataKey = Omit<DataKeyRow, "sealCount">;

/** All data keys, oldest first; the one behind digests is among them. */
export async function listDataKeys(database: Database): Promise<DataKeyRow[]> {
  return database.orm.select().from(dataKeys).orderBy(asc(dataKeys.createdAt), asc(dataKeys.id));
}

/**
 * Adds a key that seals, if the newest of those is still `newestId` (null: there is none). Whether it was added is for the caller to
 * read: of several processes that saw the same keys only one adds to them.
 */
export async function addDataKey(database: Database, key: NewDataKey, newestId: string | null): Promise<void> {
  await landedOrNot(
    database.orm.batch([
      database.orm.run(sql`INSERT INTO ${dataKeys} (id, key_encryption_key_id, wrapped, created_at, made_for)
      SELECT ${key.id}, ${key.keyEncryptionKeyId}, ${key.wrapped}, ${key.createdAt.getTime()}, ${key.madeFor}
      WHERE (SELECT id FROM ${dataKeys} WHERE made_for <> 'digest' ORDER BY created_at DESC, id DESC LIMIT 1) IS ${newestId}`),
      appendAuditIfChanged(database, { at: key.createdAt, outcome: "data_key_added", details: { dataKey: key.id, madeFor: key.madeFor } }),
    ]),
  );
}

/** Adds the key behind digests, unless there is one; whose it is, is for the caller to read. */
export async function addDigestKey(database: Database, key: NewDataKey): Promise<void> {
  await landedOrNot(database.orm.insert(dataKeys).values(key).onConflictDoNothing());
}

/** Puts another wrapping in the place of `from`; false where somebody else has wrapped the key anew meanwhile. */
export async function rewrapDataKey(
  database: Database,
  id: string,
  from: Uint8Array,
  to: Pick<DataKeyRow, "wrapped" | "keyEncryptionKeyId"> & { readonly at: Date },
): Promise<boolean> {
  const { wrapped, keyEncryptionKeyId, at } = to;
  const [rewrapped] = await database.orm.batch([
    database.orm
      .update(dataKeys)
      .set({ wrapped, keyEncryptionKeyId })
      .where(and(eq(dataKeys.id, id), eq(dataKeys.wrapped, from)))
      .returning({ id: dataKeys.id }),
    appendAuditIfChanged(database, { at, outcome: "data_key_rewrapped", details: { dataKey: id, keyEncryptionKey: keyEncryptionKeyId } }),
  ]);
  return rewrapped.length === 1;
}

/** Counts seals that were made with a key. */
export async function countSeals(database: Database, id: string, seals: number): Promise<void> {
  await database.orm
    .update(dataKeys)
    .set({ sealCount: sql`${dataKeys.sealCount} + ${seals}` })
    .where(eq(dataKeys.id, id));
}

/** Lets a write go whose answer was lost: landed or not, what counts is what the table holds now. */
async function landedOrNot(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "store_outcome_unknown") throw error;
  }
}
