/**
 * Connections as rows: born when a flow ends, renewed by the next one, disconnected at the end; listed in pages.
 */
import type { ConnectionStatus } from "@evergrant/schema";
import { type SQL, and, count, desc, eq, getTableColumns, inArray, isNull, lt, not, sql } from "drizzle-orm";
import { auditEvent } from "./audit-store.ts";
import { isActive, isNotDisconnected } from "./connection-status.ts";
import type { Database } from "./database.ts";
import { type NewEvent, appendEvent, appendEventIfAt, appendEventWhere } from "./events-store.ts";
import type { Reach } from "./reach.ts";
import { type NewRevocation, deleteRevocation, insertRevocation, isUnclaimed } from "./revocations-store.ts";
import type { Captured } from "./placeholders.ts";
import { enterScopes } from "./scope-ledger-store.ts";
import { accessTokens, connections, refreshSchedule, refreshTokens } from "./tables.ts";
import { type SealedTokenSet, storeTokenSet } from "./token-sets-store.ts";
import { deleteUnconfirmedGrant, isConfirmable } from "./unconfirmed-grants-store.ts";

export type ConnectionRow = typeof connections.$inferSelect;

/** A connection with what its view needs of its token set. */
export interface ConnectionWithExpiry {
  readonly connection: ConnectionRow;
  readonly expiresAt: Date | null;
}

/** Who holds a grant, for what: all that the flow found out, but the tokens. */
export interface GrantHolder {
  readonly integrationId: string;
  readonly subject: string;
  readonly accountId: string | null;
  readonly accountLabel: string | null;
  /** The `sub` of its validated ID token, which those of its refreshes must have too; null where there was none. */
  readonly idTokenSubject: string | null;
  readonly authority: string;
  readonly clientHash: string;
  readonly requestedScopes: readonly string[];
  readonly grantedScopes: readonly string[];
  readonly captured: Captured;
}

/** Where a grant stood before it is a connection's: unconfirmed, or waiting for its revocation while it is judged. */
export type GrantSource = { readonly confirmationHash: string } | { readonly revocationId: string };

/**
 * Inserts a connection at generation 1.
 *
 * @param born.source Where its grant stands, which the same batch takes away; null: nowhere.
 */
export async function insertConnection(
  database: Database,
  born: { id: string; holder: GrantHolder; set: SealedTokenSet; committedBy: string; event: NewEvent; source: GrantSource | null },
): Promise<void> {
  const at = born.event.at;
  await database.orm.batch([
    database.orm.insert(connections).values({ id: born.id, ...born.holder, status: "active", grantedAt: at, createdAt: at, updatedAt: at }),
    ...storeTokenSet(database, born.id, 1, born.set, born.committedBy),
    ...ledgerOf(database, born.id, born.holder, at),
    born.source === null
      ? appendEvent(database, born.event)
      : appendEventWhere(database, sql`SELECT ${born.event.generation} WHERE ${stands(born.source, at)}`, born.event),
    auditEvent(database, born.event),
    ...takenFrom(database, born.source),
  ]);
}

/** A connection that is brought from another store. */
export interface ImportedConnection {
  readonly id: string;
  readonly holder: GrantHolder;
  readonly grantedAt: Date;
  readonly set: SealedTokenSet;
  readonly committedBy: string;
  readonly event: NewEvent;
}

/**
 * Inserts connections at generation 1, all or none, each only where its account has no connection yet.
 *
 * @throws where one of them has, or the store did not answer: read the rows again.
 */
export async function insertImported(database: Database, born: readonly ImportedConnection[]): Promise<void> {
  const [first, ...others] = born.flatMap(({ id, holder, grantedAt, set, committedBy, event }) => {
    const { at } = event;
    return [
      appendEventWhere(database, sql`SELECT ${event.generation} WHERE NOT EXISTS ${connectionsOf(database, holder)}`, event),
      database.orm.insert(connections).values({ id, ...holder, status: "active", grantedAt, createdAt: at, updatedAt: at }),
      ...storeTokenSet(database, id, 1, set, committedBy),
      ...ledgerOf(database, id, holder, at),
      auditEvent(database, event),
    ];
  });
  if (first !== undefined) await database.orm.batch([first, ...others]);
}

/** The connection of each account, or null, in one reading. */
export async function findConnectionsOfAccounts(
  database: Database,
  accounts: readonly Pick<GrantHolder, "integrationId" | "subject" | "accountId">[],
): Promise<(string | null)[]> {
  const [first, ...others] = accounts.map((account) => connectionsOf(database, account).limit(1));
  if (first === undefined) return [];
  const found = await database.orm.batch([first, ...others]);
  return found.map((rows) => rows[0]?.id ?? null);
}

/**
 * Whether there is a connection, whoever's, that the end of all of an account's grants to a client would end too; of an account that is
 * not known, whether it may be one of this subject's.
 */
export async function hasStandingConnection(
  database: Database,
  of: { authority: string; clientHash: string; accountId: string | null; subject: string },
): Promise<boolean> {
  const found = await database.orm
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        of.accountId === null ? eq(connections.subject, of.subject) : eq(connections.accountId, of.accountId),
        eq(connections.authority, of.authority),
        eq(connections.clientHash, of.clientHash),
        isActive,
      ),
    )
    .limit(1);
  return found.length > 0;
}

function connectionsOf(database: Database, key: Pick<GrantHolder, "integrationId" | "subject" | "accountId">) {
  return database.orm
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.integrationId, key.integrationId),
        eq(connections.subject, key.subject),
        key.accountId === null ? isNull(connections.accountId) : eq(connections.accountId, key.accountId),
        isNotDisconnected,
      ),
    );
}

/**
 * Gives a connection a new grant in the place of its old one, if its generation is still `expected`.
 *
 * @throws where the generation has moved, the grant no longer stands where it did, or the store did not answer: read the rows again.
 */
export async function renewConnection(
  database: Database,
  renewal: {
    id: string;
    expected: number;
    holder: GrantHolder;
    set: SealedTokenSet;
    committedBy: string;
    event: NewEvent & { connectionId: string };
    more: readonly NewEvent[];
    source: GrantSource | null;
    /** Where the old tokens wait for their revocation; null where they are dropped. */
    revocation: NewRevocation | null;
  },
): Promise<void> {
  const { source } = renewal;
  await database.orm.batch([
    appendEventIfAt(database, renewal.expected, renewal.event, source === null ? undefined : stands(source, renewal.event.at)),
    ...storeTokenSet(database, renewal.id, renewal.expected + 1, renewal.set, renewal.committedBy),
    database.orm
      .update(refreshSchedule)
      .set({ lastOutcome: null, lastRefreshAt: null })
      .where(eq(refreshSchedule.connectionId, renewal.id)),
    database.orm
      .update(connections)
      .set({ ...renewal.holder, status: "active", reason: null, grantedAt: renewal.event.at, updatedAt: renewal.event.at })
      .where(eq(connections.id, renewal.id)),
    ...ledgerOf(database, renewal.id, renewal.holder, renewal.event.at),
    ...renewal.more.map((event) => appendEvent(database, event)),
    auditEvent(database, renewal.event),
    ...(renewal.revocation === null ? [] : [insertRevocation(database, renewal.revocation)]),
    ...takenFrom(database, source),
  ]);
}

function ledgerOf(database: Database, connectionId: string, { requestedScopes, grantedScopes }: GrantHolder, at: Date) {
  return [
    enterScopes(database, { connectionId, kind: "requested", scopes: requestedScopes, at }),
    enterScopes(database, { connectionId, kind: "granted", scopes: grantedScopes, at }),
  ] as const;
}

function stands(source: GrantSource, at: Date): SQL {
  return "confirmationHash" in source ? isConfirmable(source.confirmationHash, at) : isUnclaimed(source.revocationId);
}

function takenFrom(database: Database, source: GrantSource | null) {
  if (source === null) return [];
  return "confirmationHash" in source
    ? [deleteUnconfirmedGrant(database, source.confirmationHash)]
    : [deleteRevocation(database, source.revocationId)];
}

/**
 * Forgets a connection's tokens and moves its generation, so that no refresh under way can store any, if it is still `expected`.
 *
 * @param end.revocation Where the tokens wait for their revocation instead; null where there were none.
 * @throws as `renewConnection`.
 */
export async function endConnection(
  database: Database,
  end: { id: string; expected: number; event: NewEvent & { connectionId: string }; revocation: NewRevocation | null },
): Promise<void> {
  await database.orm.batch([
    appendEventIfAt(database, end.expected, end.event),
    auditEvent(database, end.event),
    ...(end.revocation === null ? [] : [insertRevocation(database, end.revocation)]),
    database.orm.delete(accessTokens).where(eq(accessTokens.connectionId, end.id)),
    database.orm.delete(refreshTokens).where(eq(refreshTokens.connectionId, end.id)),
    database.orm
      .update(refreshSchedule)
      .set({
        state: "ended",
        generation: end.expected + 1,
        dueAt: null,
        leaseOwner: null,
        leaseExpiresOnDatabaseClock: null,
        leaseOverdue: false,
        sentOnDatabaseClock: null,
        outcomeUnknown: false,
        retryAt: null,
        committedBy: null,
      })
      .where(eq(refreshSchedule.connectionId, end.id)),
    database.orm
      .update(connections)
      .set({ status: "disconnected", reason: null, updatedAt: end.event.at })
      .where(eq(connections.id, end.id)),
  ]);
}

/** One connection and its generation, or null. */
export async function findConnection(
  database: Database,
  id: string,
): Promise<(ConnectionWithExpiry & { generation: number; committedBy: string | null }) | null> {
  const rows = await database.orm
    .select({
      connection: getTableColumns(connections),
      expiresAt: accessTokens.expiresAt,
      generation: refreshSchedule.generation,
      committedBy: refreshSchedule.committedBy,
    })
    .from(connections)
    .innerJoin(refreshSchedule, eq(refreshSchedule.connectionId, connections.id))
    .leftJoin(accessTokens, eq(accessTokens.connectionId, connections.id))
    .where(eq(connections.id, id));
  return rows[0] ?? null;
}

/** The connection that a subject has for one provider account at an integration (null: an account unknown), if there is one. */
export async function findConnectionOfAccount(
  database: Database,
  key: { integrationId: string; subject: string; accountId: string | null },
): Promise<string | null> {
  const rows = await connectionsOf(database, key).limit(1);
  return rows[0]?.id ?? null;
}

/** A page of connections, youngest first: ids grow with time. */
export async function listConnections(
  database: Database,
  filter: {
    integration?: string | undefined;
    subject?: string | undefined;
    status?: ConnectionStatus | undefined;
    reach: Reach;
    before?: string | undefined;
    limit: number;
  },
): Promise<ConnectionWithExpiry[]> {
  const { integrations, subjects } = filter.reach;
  // A subject has few connections and an integration many, which SQLite does not know: the plus keeps it from going by the integration.
  const integrationId = subjects === null ? sql`${connections.integrationId}` : sql`+${connections.integrationId}`;
  return database.orm
    .select({ connection: getTableColumns(connections), expiresAt: accessTokens.expiresAt })
    .from(connections)
    .leftJoin(accessTokens, eq(accessTokens.connectionId, connections.id))
    .where(
      and(
        filter.integration === undefined ? undefined : eq(integrationId, filter.integration),
        filter.subject === undefined ? undefined : eq(connections.subject, filter.subject),
        filter.status === undefined ? undefined : eq(connections.status, filter.status),
        // Said outright, since only so SQLite sees that the partial index has them all.
        filter.status === undefined || filter.status === "active" ? undefined : sql`${connections.status} <> 'active'`,
        integrations === null ? undefined : inArray(integrationId, [...integrations]),
        subjects === null ? undefined : inArray(connections.subject, [...subjects]),
        filter.before === undefined ? undefined : lt(connections.id, filter.before),
      ),
    )
    .orderBy(desc(connections.id))
    .limit(filter.limit);
}

/** How many live grants of an integration belong to another client or authority than the given one. */
export async function countStranded(
  database: Database,
  integrationId: string,
  kept: { authority: string; clientHash: string } | null,
): Promise<number> {
  const isKept = kept === null ? undefined : and(eq(connections.authority, kept.authority), eq(connections.clientHash, kept.clientHash));
  const [row] = await database.orm
    .select({ stranded: count() })
    .from(connections)
    .where(and(eq(connections.integrationId, integrationId), isNotDisconnected, isKept === undefined ? undefined : not(isKept)));
  return row?.stranded ?? 0;
}
