/**
 * Token sets: reading one, what is written when a grant has ended, and which are due.
 *
 * Every write names the generation whose refresh token was spent; a lease orders who asks, never who may store (design 4.4).
 */
import type { ReauthorizationReason } from "@evergrant/schema";
import { type SQL, and, eq, inArray, isNotNull, ne, not, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { type NewEvent, appendEvent, appendEventIfAt, appendEventWhen } from "./events-store.ts";
import { hotQuery } from "./hot-query.ts";
import { type Lease, leaseIsFree, settled } from "./leases-store.ts";
import { confirmScopes, enterScopes } from "./scope-ledger-store.ts";
import { accessTokens, connections, refreshSchedule, refreshTokens } from "./tables.ts";
import type { Ciphertext } from "./vault.ts";

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
  if ("connectionId" in reference) return (await readById(database, { id: reference.connectionId })).map(toTokenSetRow);
  const { integrationId, subject, accountId } = reference;
  const rows =
    accountId === undefined
      ? await readOfSubject(database, { integrationId, subject })
      : await readOfAccount(database, { integrationId, subject, accountId });
  return rows.map(toTokenSetRow);
}

/** Each column costs on the way out of SQLite, so there are no more than are needed. */
const tokenSetColumns = {
  id: connections.id,
  integrationId: connections.integrationId,
  subject: connections.subject,
  authority: connections.authority,
  clientHash: connections.clientHash,
  requestedScopes: connections.requestedScopes,
  grantedScopes: connections.grantedScopes,
  captured: connections.captured,
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

const tokenSetsWhere = (orm: Database["orm"], condition: SQL | undefined) =>
  orm
    .select(tokenSetColumns)
    .from(connections)
    .innerJoin(refreshSchedule, eq(refreshSchedule.connectionId, connections.id))
    .leftJoin(accessTokens, eq(accessTokens.connectionId, connections.id))
    .leftJoin(refreshTokens, eq(refreshTokens.connectionId, connections.id))
    .where(condition)
    .limit(50);
const isOfSubject = and(
  eq(connections.integrationId, sql.placeholder("integrationId")),
  eq(connections.subject, sql.placeholder("subject")),
  ne(connections.status, "disconnected"),
);
const readById = hotQuery(tokenSetColumns, (orm) => tokenSetsWhere(orm, eq(connections.id, sql.placeholder("id"))));
const readOfSubject = hotQuery(tokenSetColumns, (orm) => tokenSetsWhere(orm, isOfSubject));
const readOfAccount = hotQuery(tokenSetColumns, (orm) =>
  tokenSetsWhere(orm, and(isOfSubject, eq(connections.accountId, sql.placeholder("accountId")))),
);

function toTokenSetRow(row: Awaited<ReturnType<typeof readById>>[number]): TokenSetRow {
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

/** A token set as it is stored: sealed at the generation that it gets. */
export interface SealedTokenSet {
  readonly accessToken: Ciphertext;
  readonly tokenType: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date | null;
  /** Null where there is none to keep. */
  readonly refreshToken: { readonly token: Ciphertext; readonly expiresAt: Date | null } | null;
  readonly dueAt: Date | null;
}

/** The statements that put a token set in the place of the one before it, at `generation`. */
export function storeTokenSet(database: Database, connectionId: string, generation: number, set: SealedTokenSet, committedBy: string) {
  const access = { token: set.accessToken, tokenType: set.tokenType, requestedAt: set.requestedAt, expiresAt: set.expiresAt };
  const schedule = {
    ...settled,
    state: "active" as const,
    generation,
    dueAt: set.dueAt,
    outcomeUnknown: false,
    retryAt: null,
    failures: 0,
    committedBy,
  };
  return [
    database.orm
      .insert(accessTokens)
      .values({ connectionId, ...access })
      .onConflictDoUpdate({ target: accessTokens.connectionId, set: access }),
    set.refreshToken === null
      ? database.orm.delete(refreshTokens).where(eq(refreshTokens.connectionId, connectionId))
      : database.orm
          .insert(refreshTokens)
          .values({ connectionId, ...set.refreshToken })
          .onConflictDoUpdate({ target: refreshTokens.connectionId, set: set.refreshToken }),
    database.orm
      .insert(refreshSchedule)
      .values({ connectionId, ...schedule })
      .onConflictDoUpdate({ target: refreshSchedule.connectionId, set: schedule }),
  ] as const;
}

/**
 * Stores what a refresh token grant brought, if the generation whose refresh token was spent is still the current one.
 *
 * It does not ask whose lease it is: a process that was paused past its lease may hold the only live refresh token.
 *
 * @throws where the generation has moved, or the store did not answer: read the row again.
 */
export async function commitRefresh(
  database: Database,
  commit: {
    lease: Lease;
    set: SealedTokenSet;
    grantedScopes: readonly string[];
    /** As the server returned them now; null where it said nothing of them. */
    returnedScopes: readonly string[] | null;
    /** Whether they are others than before. */
    scopesChanged: boolean;
    event: NewEvent & { connectionId: string };
    more: readonly NewEvent[];
  },
): Promise<void> {
  const { connectionId, generation, owner } = commit.lease;
  await database.orm.batch([
    appendEventIfAt(database, generation, commit.event),
    ...storeTokenSet(database, connectionId, generation + 1, commit.set, owner),
    database.orm
      .update(refreshSchedule)
      .set({
        lastOutcome: "refreshed",
        lastRefreshAt: commit.event.at,
        // A set that comes back from the dead is soon refreshed again: only that shows that its grant is alive.
        dueAt: sql`CASE WHEN ${isDead(connectionId)} AND ${refreshSchedule.dueAt} IS NOT NULL THEN ${commit.event.at.getTime()} ELSE ${refreshSchedule.dueAt} END`,
      })
      .where(eq(refreshSchedule.connectionId, connectionId)),
    appendEventWhen(database, isDead(connectionId), { ...commit.event, type: "connection.recovered" }),
    database.orm
      .update(connections)
      .set({ status: "active", reason: null, grantedScopes: commit.grantedScopes, updatedAt: commit.event.at })
      .where(eq(connections.id, connectionId)),
    ...(commit.returnedScopes === null
      ? []
      : commit.scopesChanged
        ? [enterScopes(database, { connectionId, kind: "returned", scopes: commit.returnedScopes, at: commit.event.at })]
        : [confirmScopes(database, connectionId, commit.event.at)]),
    ...commit.more.map((event) => appendEvent(database, event)),
  ]);
}

/**
 * Ends a connection whose grant is dead, if the generation that was refused is still the current one.
 *
 * @throws as `commitRefresh`.
 */
export async function commitDeadGrant(
  database: Database,
  commit: { lease: Lease; reason: ReauthorizationReason; event: NewEvent & { connectionId: string } },
): Promise<void> {
  await database.orm.batch([
    appendEventIfAt(database, commit.lease.generation, commit.event),
    database.orm
      .update(refreshSchedule)
      .set({ ...settled, state: "ended", dueAt: null, retryAt: null, lastOutcome: "dead_grant" })
      .where(eq(refreshSchedule.connectionId, commit.lease.connectionId)),
    database.orm
      .update(connections)
      .set({ status: "reauthorization_required", reason: commit.reason, updatedAt: commit.event.at })
      .where(eq(connections.id, commit.lease.connectionId)),
  ]);
}

/** A connection that is due, and whom it belongs to. */
export interface DueConnection {
  readonly connectionId: string;
  readonly generation: number;
  readonly provider: { readonly integrationId: string; readonly authority: string };
}

/**
 * Connections that are due, soonest first, without those that somebody is refreshing, that have to wait, or whose provider is not to
 * be asked now.
 */
export async function listDue(
  database: Database,
  request: { now: Date; limit: number; except: readonly { integrationId: string; authority: string }[] },
): Promise<DueConnection[]> {
  const excepted = request.except.map(({ integrationId, authority }) =>
    not(sql`(${connections.integrationId} = ${integrationId} AND ${connections.authority} = ${authority})`),
  );
  return database.orm
    .select({
      connectionId: refreshSchedule.connectionId,
      generation: refreshSchedule.generation,
      provider: { integrationId: connections.integrationId, authority: connections.authority },
    })
    .from(refreshSchedule)
    .innerJoin(connections, eq(connections.id, refreshSchedule.connectionId))
    .where(
      and(
        eq(refreshSchedule.state, "active"),
        isNotNull(refreshSchedule.dueAt),
        sql`${refreshSchedule.dueAt} <= ${request.now.getTime()}`,
        sql`(${refreshSchedule.retryAt} IS NULL OR ${refreshSchedule.retryAt} <= ${request.now.getTime()})`,
        sql`${leaseIsFree()} = 1`,
        ...excepted,
      ),
    )
    .orderBy(refreshSchedule.dueAt)
    .limit(request.limit);
}

/** Makes all refreshable connections of a provider account due, whoever their subjects are; returns their ids. */
export async function makeAccountDue(
  database: Database,
  account: { accountId: string; authority: string; clientHash: string; now: Date },
): Promise<string[]> {
  const ofAccount = database.orm
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.authority, account.authority),
        eq(connections.clientHash, account.clientHash),
        eq(connections.accountId, account.accountId),
        eq(connections.status, "active"),
      ),
    );
  const due = await database.orm
    .update(refreshSchedule)
    .set({ dueAt: account.now })
    .where(
      and(
        eq(refreshSchedule.state, "active"),
        inArray(refreshSchedule.connectionId, ofAccount),
        inArray(refreshSchedule.connectionId, database.orm.select({ id: refreshTokens.connectionId }).from(refreshTokens)),
      ),
    )
    .returning({ connectionId: refreshSchedule.connectionId });
  return due.map(({ connectionId }) => connectionId);
}

/** The sealed tokens of a connection, for their revocation. */
export async function readSealedTokens(database: Database, connectionId: string) {
  const [access, refresh, schedule] = await database.orm.batch([
    database.orm.select().from(accessTokens).where(eq(accessTokens.connectionId, connectionId)),
    database.orm.select().from(refreshTokens).where(eq(refreshTokens.connectionId, connectionId)),
    database.orm
      .select()
      .from(refreshSchedule)
      .where(inArray(refreshSchedule.connectionId, [connectionId])),
  ]);
  return { accessToken: access[0]?.token ?? null, refreshToken: refresh[0]?.token ?? null, generation: schedule[0]?.generation ?? null };
}

/** Whether a connection was given up: somebody else heard that its grant was dead. */
function isDead(connectionId: string) {
  return sql`EXISTS (SELECT 1 FROM ${connections} WHERE ${connections.id} = ${connectionId} AND ${connections.status} = 'reauthorization_required')`;
}
