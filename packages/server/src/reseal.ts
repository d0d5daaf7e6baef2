/**
 * Sealing rows anew, column by column and page by page, beside readers and refreshes.
 *
 * The rows are the only state: whoever is killed has lost nothing, and whoever comes next, or at the same time, finds what is left. A row
 * is replaced only where it still holds the ciphertext that was read, so a refresh that commits in between wins, whatever generation
 * it brings.
 */
import type { ResealCount, UnreadableSecret } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { dataKeyIdOf } from "./ciphertext.ts";
import { type SealedColumn, type SealedRow, readSealedPage, replaceSeals, sealedColumns } from "./sealed-columns-store.ts";
import { VaultError } from "./vault.ts";

type Parts = Pick<Authority, "database" | "vault">;

/** Rows of one write transaction: a few milliseconds, in which nobody else can write. */
const pageRows = 100;
/** Unreadable secrets that are listed; all are counted out of the way. */
const mostListed = 100;

/**
 * Seals anew whatever another key than `dataKeyId` has sealed, until nothing is left or `limit` rows are done.
 *
 * @param options.onPage Told after each page how many rows it sealed anew.
 * @throws {VaultError} `key_unavailable` where that key does not seal here: it does not open, or a newer one has come.
 */
export async function resealRows(
  parts: Parts,
  options: { dataKeyId: string; limit?: number; onPage?: (resealed: number) => void },
): Promise<ResealCount> {
  const { dataKeyId, limit = Number.POSITIVE_INFINITY, onPage = () => {} } = options;
  const count = { resealed: 0, overtaken: 0, unreadable: new Map<string, UnreadableSecret>() };
  for (let changed = true; changed && count.resealed < limit;) {
    changed = false;
    for (const column of sealedColumns) {
      for await (const rows of pagesOf(parts, column, dataKeyId)) {
        const page = rows.slice(0, limit - count.resealed);
        const { resealed, overtaken, unreadable } = await resealPage(parts, column, page, dataKeyId);
        count.resealed += resealed;
        count.overtaken += overtaken;
        for (const secret of unreadable) count.unreadable.set(`${secret.table}.${secret.column} ${secret.rowId}`, secret);
        changed ||= resealed + overtaken > 0;
        onPage(resealed);
        if (count.resealed >= limit) break;
      }
    }
  }
  return { ...count, unreadable: [...count.unreadable.values()].slice(0, mostListed) };
}

/**
 * Opens every secret.
 *
 * @param onPage Told after each page how many it opened.
 */
export async function verifySecrets(
  parts: Parts,
  onPage: (opened: number) => void = () => {},
): Promise<{ readonly opened: number; readonly unreadable: UnreadableSecret[] }> {
  let opened = 0;
  const unreadable: UnreadableSecret[] = [];
  for (const column of sealedColumns) {
    for await (const rows of pagesOf(parts, column)) {
      const results = await Promise.all(rows.map((row) => openRow(parts, column, row)));
      const faults = results.filter((result) => typeof result !== "string");
      unreadable.push(...faults);
      opened += rows.length - faults.length;
      onPage(rows.length);
    }
  }
  return { opened, unreadable };
}

async function* pagesOf({ database }: Parts, column: SealedColumn, notUnder?: string): AsyncGenerator<SealedRow[]> {
  for (let after = ""; ;) {
    const rows = await readSealedPage(database, column, { after, limit: pageRows, ...(notUnder === undefined ? {} : { notUnder }) });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.rowId;
  }
}

async function resealPage(parts: Parts, column: SealedColumn, rows: readonly SealedRow[], dataKeyId: string) {
  const unreadable: UnreadableSecret[] = [];
  const changes = [];
  for (const row of rows) {
    const opened = await openRow(parts, column, row);
    if (typeof opened !== "string") unreadable.push(opened);
    else {
      const to = parts.vault.seal(opened, column.place(row.rowId, row.generation ?? 0));
      // Rows that go back and forth between two keys would never all be under one.
      if (dataKeyIdOf(to) !== dataKeyId)
        throw new VaultError("key_unavailable", `Data key ${dataKeyId} does not seal here now: rotate again.`);
      changes.push({ rowId: row.rowId, from: row.ciphertext, to });
    }
  }
  const resealed = await replaceSeals(parts.database, column, changes);
  return { resealed, overtaken: changes.length - resealed, unreadable };
}

async function openRow({ vault }: Parts, column: SealedColumn, row: SealedRow): Promise<string | UnreadableSecret> {
  const { table, column: name } = column;
  if (row.generation === null) return { table, column: name, rowId: row.rowId, code: "secret_unreadable" };
  try {
    return await vault.openOrReload(row.ciphertext, column.place(row.rowId, row.generation));
  } catch (error) {
    if (error instanceof VaultError) return { table, column: name, rowId: row.rowId, code: error.code };
    throw error;
  }
}
