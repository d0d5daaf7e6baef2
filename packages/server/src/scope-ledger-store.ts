/**
 * The scope ledger as rows: what was requested, what was granted, and what each refresh returned, with time.
 */
import type { ScopeLedgerEntry, ScopeLedgerKind } from "@evergrant/schema";
import { asc, eq, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { scopeLedger } from "./tables.ts";

/** The statement that enters a list of scopes: part of the batch that makes it true. */
export function enterScopes(
  database: Database,
  entry: { connectionId: string; kind: ScopeLedgerKind; scopes: readonly string[]; at: Date },
) {
  return database.orm.insert(scopeLedger).values({ ...entry, lastAt: entry.at });
}

/** The statement that says of the newest entry that it held true at this instant too: refreshes mostly return what was there. */
export function confirmScopes(database: Database, connectionId: string, at: Date) {
  const newest = sql`(SELECT max(${scopeLedger.id}) FROM ${scopeLedger} WHERE ${scopeLedger.connectionId} = ${connectionId})`;
  return database.orm.update(scopeLedger).set({ lastAt: at }).where(eq(scopeLedger.id, newest));
}

/** A connection's entries, oldest first. */
export async function listScopeLedger(database: Database, connectionId: string): Promise<ScopeLedgerEntry[]> {
  const rows = await database.orm
    .select()
    .from(scopeLedger)
    .where(eq(scopeLedger.connectionId, connectionId))
    .orderBy(asc(scopeLedger.id))
    .limit(500);
  return rows.map(({ kind, scopes, at, lastAt }) => ({ kind, scopes: [...scopes], at: at.toISOString(), lastAt: lastAt.toISOString() }));
}
