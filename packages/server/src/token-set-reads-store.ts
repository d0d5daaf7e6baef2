/**
 * Token sets as they are read: all that a refresh has to know of one, or the little that handing out its token needs.
 */
import { type SQL, and, eq, sql } from "drizzle-orm";
import { isNotDisconnected } from "./connection-status.ts";
import type { Database } from "./database.ts";
import { type BuiltQuery, type Columns, type HotQuery, hotQuery } from "./hot-query.ts";
import { StoreError } from "./store-error.ts";
import { accessTokens, connections, refreshSchedule, refreshTokens } from "./tables.ts";

/** A connection with its token set, read in one statement: what reading and refreshing a token have to know. */
export interface TokenSetRow {
  readonly connection: Pick<
    typeof connections.$inferSelect,
    | "id"
    | "integrationId"
    | "subject"
    | "authority"
    | "clientHash"
    | "requestedScopes"
    | "grantedScopes"
    | "captured"
    | "idTokenSubject"
    | "grantedAt"
    | "status"
    | "reason"
  >;
  readonly schedule: Pick<
    typeof refreshSchedule.$inferSelect,
    "generation" | "dueAt" | "retryAt" | "failures" | "lastOutcome" | "lastRefreshAt"
  >;
  /** Null once the connection is disconnected. */
  readonly accessToken: Pick<typeof accessTokens.$inferSelect, "token" | "tokenType" | "requestedAt" | "expiresAt"> | null;
  readonly hasRefreshToken: boolean;
}

/** Which connections: one by id, or a subject's at an integration. */
export type ConnectionReference =
  | { readonly connectionId: string }
  | { readonly integrationId: string; readonly subject: string; readonly accountId?: string | undefined };

/** Reads the connections of a reference with their token sets; disconnected ones only where named by id. */
export async function readTokenSets(database: Database, reference: ConnectionReference): Promise<TokenSetRow[]> {
  const rows = await readRows(tokenSets, database, reference);
  return rows.map(toTokenSetRow);
}

/** What handing out a token that is not due has to know, and no more: each column costs on its way out of SQLite. */
export interface AccessTokenRow {
  readonly connection: Pick<
    TokenSetRow["connection"],
    "id" | "integrationId" | "subject" | "authority" | "clientHash" | "grantedScopes" | "status"
  >;
  readonly schedule: Pick<TokenSetRow["schedule"], "generation" | "dueAt">;
  readonly accessToken: Pick<NonNullable<TokenSetRow["accessToken"]>, "token" | "tokenType" | "expiresAt"> | null;
}

/** As `readTokenSets`, with less of each. */
export async function readAccessTokens(database: Database, reference: ConnectionReference): Promise<AccessTokenRow[]> {
  const rows = await readRows(accessTokensOf, database, reference);
  return rows.map((row) => ({
    connection: row,
    schedule: row,
    accessToken:
      row.token === null || row.tokenType === null ? null : { token: row.token, tokenType: row.tokenType, expiresAt: row.expiresAt },
  }));
}

async function readRows<Row extends { readonly id: string }>(
  { byId, ofSubject, ofAccount }: QueriesByReference<Row>,
  database: Database,
  reference: ConnectionReference,
): Promise<Row[]> {
  if ("connectionId" in reference) {
    const rows = await byId(database, { id: reference.connectionId });
    // It cannot be: but what would follow from it is one connection's token in the hands of another's caller.
    if (rows.some(({ id }) => id !== reference.connectionId))
      throw new StoreError("store_failed", "The database answered with another row.");
    return rows;
  }
  const { integrationId, subject, accountId } = reference;
  return accountId === undefined
    ? ofSubject(database, { integrationId, subject })
    : ofAccount(database, { integrationId, subject, accountId });
}

const tokenSetColumns = {
  id: connections.id,
  integrationId: connections.integrationId,
  subject: connections.subject,
  authority: connections.authority,
  clientHash: connections.clientHash,
  requestedScopes: connections.requestedScopes,
  grantedScopes: connections.grantedScopes,
  captured: connections.captured,
  idTokenSubject: connections.idTokenSubject,
  grantedAt: connections.grantedAt,
  status: connections.status,
  reason: connections.reason,
  generation: refreshSchedule.generation,
  dueAt: refreshSchedule.dueAt,
  retryAt: refreshSchedule.retryAt,
  failures: refreshSchedule.failures,
  lastOutcome: refreshSchedule.lastOutcome,
  lastRefreshAt: refreshSchedule.lastRefreshAt,
  token: accessTokens.token,
  tokenType: accessTokens.tokenType,
  requestedAt: accessTokens.requestedAt,
  expiresAt: accessTokens.expiresAt,
  refreshTokenOf: refreshTokens.connectionId,
};

const accessTokenColumns = {
  id: connections.id,
  integrationId: connections.integrationId,
  subject: connections.subject,
  authority: connections.authority,
  clientHash: connections.clientHash,
  grantedScopes: connections.grantedScopes,
  status: connections.status,
  generation: refreshSchedule.generation,
  dueAt: refreshSchedule.dueAt,
  token: accessTokens.token,
  tokenType: accessTokens.tokenType,
  expiresAt: accessTokens.expiresAt,
};

const isOfSubject = and(
  eq(connections.integrationId, sql.placeholder("integrationId")),
  eq(connections.subject, sql.placeholder("subject")),
  isNotDisconnected,
);

/** The same columns by each kind of reference. */
interface QueriesByReference<Row> {
  readonly byId: HotQuery<Row>;
  readonly ofSubject: HotQuery<Row>;
  readonly ofAccount: HotQuery<Row>;
}

function queriesOf<Row extends object>(
  columns: Columns,
  select: (orm: Database["orm"], condition: SQL | undefined) => BuiltQuery<Row>,
): QueriesByReference<Row> {
  return {
    byId: hotQuery(columns, (orm) => select(orm, eq(connections.id, sql.placeholder("id")))),
    ofSubject: hotQuery(columns, (orm) => select(orm, isOfSubject)),
    ofAccount: hotQuery(columns, (orm) => select(orm, and(isOfSubject, eq(connections.accountId, sql.placeholder("accountId"))))),
  };
}

const tokenSets = queriesOf(tokenSetColumns, (orm, condition) =>
  orm
    .select(tokenSetColumns)
    .from(connections)
    .innerJoin(refreshSchedule, eq(refreshSchedule.connectionId, connections.id))
    .leftJoin(accessTokens, eq(accessTokens.connectionId, connections.id))
    .leftJoin(refreshTokens, eq(refreshTokens.connectionId, connections.id))
    .where(condition)
    .limit(50),
);
const accessTokensOf = queriesOf(accessTokenColumns, (orm, condition) =>
  orm
    .select(accessTokenColumns)
    .from(connections)
    .innerJoin(refreshSchedule, eq(refreshSchedule.connectionId, connections.id))
    .leftJoin(accessTokens, eq(accessTokens.connectionId, connections.id))
    .where(condition)
    .limit(50),
);

function toTokenSetRow(row: Awaited<ReturnType<typeof tokenSets.byId>>[number]): TokenSetRow {
  const { generation, dueAt, retryAt, failures, lastOutcome, lastRefreshAt, token, tokenType, requestedAt, expiresAt } = row;
  return {
    connection: row,
    schedule: { generation, dueAt, retryAt, failures, lastOutcome, lastRefreshAt },
    accessToken: token === null || tokenType === null || requestedAt === null ? null : { token, tokenType, requestedAt, expiresAt },
    hasRefreshToken: row.refreshTokenOf !== null,
  };
}

/** When a connection's refresh token ends unless it is used before; null where it has none, or nobody says. */
export async function findRefreshTokenExpiry(database: Database, connectionId: string): Promise<Date | null> {
  const { expiresAt, connectionId: id } = refreshTokens;
  const [row] = await database.orm.select({ expiresAt }).from(refreshTokens).where(eq(id, connectionId));
  return row?.expiresAt ?? null;
}
