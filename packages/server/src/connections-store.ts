/**
 * Connections as rows: born when a flow ends, renewed by the next one, disconnected at the end.
 */
import { type SQL, eq, sql } from "drizzle-orm";
import { auditEvent } from "./audit-store.ts";
import { connectionsOf } from "./connection-reads-store.ts";
import type { Database } from "./database.ts";
import { type NewEvent, appendEvent, appendEventIfAt, appendEventWhere } from "./events-store.ts";
import { type NewRevocation, deleteRevocation, insertRevocation, isUnclaimed } from "./revocations-store.ts";
import type { Captured } from "./placeholders.ts";
import { enterScopes } from "./scope-ledger-store.ts";
import { accessTokens, connections, refreshSchedule, refreshTokens } from "./tables.ts";
import { type SealedTokenSet, storeTokenSet } from "./token-sets-store.ts";
import { deleteUnconfirmedGrant, isConfirmable } from "./unconfirmed-grants-store.ts";

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
