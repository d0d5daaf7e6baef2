/**
 * What is known of the data keys: which there are, and how many secrets each has sealed that are still here.
 */
import type { DataKeyView, KeysStatus } from "@evergrant/schema";
import { linkLifetimeMs } from "./connect-link.ts";
import { listDataKeys } from "./data-keys-store.ts";
import type { Database } from "./database.ts";
import { countSealedRows } from "./sealed-columns-store.ts";
import type { Vault } from "./vault.ts";

/**
 * Counts secrets per data key; reads every column of ciphertexts once. The vault says which keys open; it is null where none is at hand,
 * which the counts do not need.
 */
export async function readKeysStatus({ database, vault }: { database: Database; vault: Vault | null }): Promise<KeysStatus> {
  await vault?.ring.reload();
  const [rows, columns] = await Promise.all([listDataKeys(database), countSealedRows(database)]);
  const sealing = rows.filter(({ madeFor }) => madeFor !== "digest");
  const current = sealing.at(-1);
  const openIds = vault === null ? null : new Set(vault.ring.list().flatMap(({ id, closed }) => (closed === null ? [id] : [])));
  const dataKeys = rows.map((row): DataKeyView => {
    const successor = sealing[sealing.indexOf(row) + 1];
    return {
      id: row.id,
      madeFor: row.madeFor,
      wrappedBy: row.keyEncryptionKeyId,
      createdAt: row.createdAt.toISOString(),
      seals: row.sealCount,
      current: row === current,
      open: openIds?.has(row.id) ?? null,
      rows: sum(columns.filter(({ dataKeyId }) => dataKeyId === row.id)),
      linksUntil:
        row.madeFor === "digest" || successor === undefined ? null : new Date(successor.createdAt.getTime() + linkLifetimeMs).toISOString(),
    };
  });
  const known = new Set(sealing.map(({ id }) => id));
  const inOrder = columns.filter(({ dataKeyId }) => known.has(dataKeyId));
  return {
    dataKeys,
    columns: inOrder,
    strayRows: sum(columns) - sum(inOrder),
    remainingRows: current?.madeFor === "rotation" ? rowsNotUnder(current.id, inOrder) : 0,
  };
}

/** How many secrets other known keys than this one have sealed. */
export function rowsNotUnder(dataKeyId: string, columns: KeysStatus["columns"]): number {
  return sum(columns.filter((column) => column.dataKeyId !== dataKeyId));
}

function sum(counts: readonly { readonly rows: number }[]): number {
  return counts.reduce((total, { rows }) => total + rows, 0);
}
