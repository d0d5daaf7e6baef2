/**
 * Every column of ciphertexts, in one list: where it is, what its secrets are bound to, and how they are read, counted and replaced in
 * pages. A column that is missing here would be left behind by a rotation, so a test compares the list with the tables.
 */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import type { Ciphertext } from "./ciphertext.ts";
import { appendAuditIfChanged } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { type Place, places } from "./places.ts";
import {
  accessTokens,
  authorizationRequests,
  dataKeys,
  integrations,
  refreshSchedule,
  refreshTokens,
  revocations,
  unconfirmedGrants,
  webhookEndpoints,
} from "./tables.ts";

export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The place of a row's secret. */
  readonly place: (rowId: string, generation: number) => Place;
  readonly from: { readonly table: SQLiteTable; readonly column: SQLiteColumn; readonly rowId: SQLiteColumn; readonly generation: SQL };
}

/** One secret of a column, as one statement saw it. */
export interface SealedRow {
  readonly rowId: string;
  readonly ciphertext: Ciphertext;
  /** Null where the row that counts it is gone. */
  readonly generation: number | null;
}

/** The generation of a connection's token set stands beside its schedule, never beside the token. */
const generationOf = (connectionId: SQLiteColumn) =>
  sql`(SELECT ${refreshSchedule.generation} FROM ${refreshSchedule} WHERE ${refreshSchedule.connectionId} = ${connectionId})`;
const never = sql`0`;

export const sealedColumns: readonly SealedColumn[] = [
  sealed(integrations, integrations.clientId, integrations.id, sql`${integrations.revision}`, places.integrationClientId),
  sealed(integrations, integrations.clientSecret, integrations.id, sql`${integrations.revision}`, places.integrationClientSecret),
  sealed(authorizationRequests, authorizationRequests.codeVerifier, authorizationRequests.stateHash, never, places.codeVerifier),
  sealed(authorizationRequests, authorizationRequests.response, authorizationRequests.stateHash, never, places.authorizationResponse),
  sealed(unconfirmedGrants, unconfirmedGrants.grant, unconfirmedGrants.confirmationHash, never, places.unconfirmedGrant),
  sealed(accessTokens, accessTokens.token, accessTokens.connectionId, generationOf(accessTokens.connectionId), places.accessToken),
  sealed(refreshTokens, refreshTokens.token, refreshTokens.connectionId, generationOf(refreshTokens.connectionId), places.refreshToken),
  sealed(revocations, revocations.tokens, revocations.id, never, places.revocation),
  sealed(webhookEndpoints, webhookEndpoints.secret, webhookEndpoints.id, sql`${webhookEndpoints.secretGeneration}`, places.webhookSecret),
  sealed(
    webhookEndpoints,
    webhookEndpoints.previousSecret,
    webhookEndpoints.id,
    sql`${webhookEndpoints.secretGeneration}`,
    places.webhookPreviousSecret,
  ),
];

/** A page of a column's secrets in the order of their rows' ids; with `notUnder`, only those that another data key sealed. */
export async function readSealedPage(
  database: Database,
  { from: { table, column, rowId, generation } }: SealedColumn,
  page: { after: string; limit: number; notUnder?: string },
): Promise<SealedRow[]> {
  const other = page.notUnder === undefined ? sql`` : sql`AND ${namesKey(column)} <> ${keyBytes(page.notUnder)}`;
  const rows = await database.orm.all<{ rowId: string; ciphertext: ArrayBuffer; generation: number | null }>(
    sql`SELECT ${rowId} AS "rowId", ${column} AS "ciphertext", ${generation} AS "generation" FROM ${table}
      WHERE ${column} IS NOT NULL AND ${rowId} > ${page.after} ${other} ORDER BY ${rowId} LIMIT ${page.limit}`,
  );
  // Sealed before it went in: the column takes nothing else.
  return rows.map((row) => ({ ...row, ciphertext: new Uint8Array(row.ciphertext) as Ciphertext }));
}

/** Replaces ciphertexts in one batch, each only where it still stands; returns how many were. */
export async function replaceSeals(
  database: Database,
  { from: { table, column, rowId } }: SealedColumn,
  changes: readonly { readonly rowId: string; readonly from: Ciphertext; readonly to: Ciphertext }[],
): Promise<number> {
  const [first, ...others] = changes.map((change) =>
    database.orm.run(
      sql`UPDATE ${table} SET ${sql.identifier(column.name)} = ${change.to} WHERE ${rowId} = ${change.rowId} AND ${column} = ${change.from}`,
    ),
  );
  if (first === undefined) return 0;
  const results = await database.orm.batch([first, ...others]);
  return results.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0);
}

/** How many secrets each column holds under each data key, by the id that their first bytes name. */
export async function countSealedRows(
  database: Database,
): Promise<{ readonly table: string; readonly column: string; readonly dataKeyId: string; readonly rows: number }[]> {
  const counts = await Promise.all(
    sealedColumns.map(async ({ table, column, from }) => {
      const rows = await database.orm.all<{ dataKeyId: string; rows: number }>(
        sql`SELECT lower(hex(${namesKey(from.column)})) AS "dataKeyId", count(*) AS "rows" FROM ${from.table}
          WHERE ${from.column} IS NOT NULL GROUP BY 1 ORDER BY 1`,
      );
      return rows.map((row) => ({ table, column, ...row }));
    }),
  );
  return counts.flat();
}

/**
 * Removes a data key, in one statement, if it is not the newest and no secret names it; with `successorBefore`, only if the key after it
 * was made by then. False where it stays.
 */
export async function deleteUnusedDataKey(
  database: Database,
  id: string,
  { successorBefore, at }: { successorBefore: Date | null; at: Date },
): Promise<boolean> {
  const unused = sealedColumns.map(
    ({ from: { table, column } }) => sql`AND NOT EXISTS (SELECT 1 FROM ${table} WHERE ${namesKey(column)} = ${keyBytes(id)})`,
  );
  const later = sql`SELECT min(later.created_at) FROM ${dataKeys} AS later WHERE later.made_for <> 'digest'
    AND (later.created_at, later.id) > (${dataKeys.createdAt}, ${dataKeys.id})`;
  const [removed] = await database.orm.batch([
    database.orm.all<{ id: string }>(sql`DELETE FROM ${dataKeys} WHERE ${dataKeys.id} = ${id} AND made_for <> 'digest'
    AND (${later}) ${successorBefore === null ? sql`IS NOT NULL` : sql`<= ${successorBefore.getTime()}`}
    ${sql.join(unused, sql` `)} RETURNING id`),
    appendAuditIfChanged(database, { at, outcome: "data_key_retired", details: { dataKey: id } }),
  ]);
  return removed.length === 1;
}

/** Bytes 2 to 9 of a ciphertext: see `ciphertext.ts`. */
function namesKey(column: SQLiteColumn): SQL {
  return sql`substr(${column}, 2, 8)`;
}

function keyBytes(dataKeyId: string): Uint8Array {
  return new Uint8Array(Buffer.from(dataKeyId, "hex"));
}

function sealed(
  table: SQLiteTable,
  column: SQLiteColumn,
  rowId: SQLiteColumn,
  generation: SQL,
  place: SealedColumn["place"],
): SealedColumn {
  return { table: getTableConfig(table).name, column: column.name, place, from: { table, column, rowId, generation } };
}
