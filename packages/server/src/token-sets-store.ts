/**
 * Token sets: storing one, what is written when a grant has ended, and which are due; `token-set-reads-store.ts` reads them.
 *
 * Every write names the generation whose refresh token was spent; a lease orders who asks, never who may store (design 4.4).
 */
import type { ReauthorizationReason, RefreshOutcome } from "@evergrant/schema";
import { and, eq, inArray, isNotNull, not, sql } from "drizzle-orm";
import { auditEvent } from "./audit-store.ts";
import { isActive } from "./connection-status.ts";
import type { Database } from "./database.ts";
import { type NewEvent, appendEvent, appendEventIfAt, appendEventWhen } from "./events-store.ts";
import { type Lease, leaseIsFree, settled } from "./leases-store.ts";
import { confirmScopes, enterScopes } from "./scope-ledger-store.ts";
import { accessTokens, connections, refreshSchedule, refreshTokens } from "./tables.ts";
import type { Ciphertext } from "./vault.ts";

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
    /** Ends the connection all the same: the set is kept, and neither handed out nor refreshed. */
    end: { readonly reason: ReauthorizationReason; readonly event: NewEvent & { connectionId: string } } | null;
  },
): Promise<void> {
  const { connectionId, generation, owner } = commit.lease;
  await database.orm.batch([
    appendEventIfAt(database, generation, commit.event),
    auditEvent(database, commit.event),
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
    ...(commit.end === null
      ? []
      : [
          appendEvent(database, commit.end.event),
          auditEvent(database, commit.end.event),
          endSchedule(database, connectionId, "refreshed"),
          markEnded(database, connectionId, commit.end),
        ]),
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
    auditEvent(database, commit.event),
    endSchedule(database, commit.lease.connectionId, "dead_grant"),
    markEnded(database, commit.lease.connectionId, commit),
  ]);
}

function endSchedule(database: Database, connectionId: string, lastOutcome: RefreshOutcome) {
  return database.orm
    .update(refreshSchedule)
    .set({ ...settled, state: "ended", dueAt: null, retryAt: null, lastOutcome })
    .where(eq(refreshSchedule.connectionId, connectionId));
}

function markEnded(database: Database, connectionId: string, end: { readonly reason: ReauthorizationReason; readonly event: NewEvent }) {
  return database.orm
    .update(connections)
    .set({ status: "reauthorization_required", reason: end.reason, updatedAt: end.event.at })
    .where(eq(connections.id, connectionId));
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
        isActive,
      ),
    );
  const due = await database.orm
    .update(refreshSchedule)
    .set({ dueAt: account.now })
    .where(
      and(
        // The + keeps SQLite from walking the index of all that is active: the account has few.
        sql`+${refreshSchedule.state} = 'active'`,
        inArray(refreshSchedule.connectionId, ofAccount),
        sql`EXISTS (SELECT 1 FROM ${refreshTokens} WHERE ${refreshTokens.connectionId} = ${refreshSchedule.connectionId})`,
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
