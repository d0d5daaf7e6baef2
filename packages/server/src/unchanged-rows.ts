/**
 * Rows that are asked for again and again, kept in memory for as long as nobody at all has written to the database: a credential's, which
 * each of its calls needs. What another process has revoked is revoked here at the next call, as if the row had been read.
 */
import type { Database } from "./database.ts";

type ReadRow<Row> = (database: Database, id: string) => Promise<Row | null>;

interface Kept<Row> {
  readonly row: Row;
  /** Of the database, before the row was read. */
  readonly version: number;
  readonly readAt: number;
}

/** For each database; those that are in use come back by themselves. */
const mostKept = 1_000;
/**
 * A row is read again after this long, whatever is said of the database: should a file system show one process late what another has
 * written to memory they share, that is how late.
 */
const longestMs = 1_000;

/** Makes a reader that reads a row again only where the database may have changed since. A row that is not there is not kept. */
export function keepingRows<Row>(read: ReadRow<Row>): ReadRow<Row> {
  const rowsOf = new WeakMap<Database, Map<string, Kept<Row>>>();
  return async (database, id) => {
    const version = database.version();
    if (version === null) return read(database, id);
    const rows = rowsOf.get(database) ?? new Map<string, Kept<Row>>();
    rowsOf.set(database, rows);
    const kept = rows.get(id);
    const now = performance.now();
    if (kept?.version === version && now - kept.readAt < longestMs) return kept.row;
    const row = await read(database, id);
    if (rows.size >= mostKept) rows.clear();
    if (row === null) rows.delete(id);
    else rows.set(id, { row, version, readAt: now });
    return row;
  };
}
