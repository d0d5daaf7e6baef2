/**
 * Connections read from the store: one by its id or by its account, pages of them, and how many there are.
 */
import type { ConnectionStatus } from "@evergrant/schema";
import { and, count, desc, eq, getTableColumns, inArray, isNull, lt, not, sql } from "drizzle-orm";
import { isActive, isNotDisconnected } from "./connection-status.ts";
import type { Database } from "./database.ts";
import type { Reach } from "./reach.ts";
import { accessTokens, connections, refreshSchedule } from "./tables.ts";

export type ConnectionRow = typeof connections.$inferSelect;

/** A connection with what its view needs of its token set. */
export interface ConnectionWithExpiry {
  readonly connection: ConnectionRow;
  readonly expiresAt: Date | null;
}

/** One provider account that a subject has at an integration. */
export interface AccountKey {
  readonly integrationId: string;
  readonly subject: string;
  /** Null: an account unknown. */
  readonly accountId: string | null;
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

/** The connection that a subject has for one provider account at an integration, if there is one. */
export async function findConnectionOfAccount(database: Database, key: AccountKey): Promise<string | null> {
  const rows = await connectionsOf(database, key).limit(1);
  return rows[0]?.id ?? null;
}

/** The connection of each account, or null, in one reading. */
export async function findConnectionsOfAccounts(database: Database, accounts: readonly AccountKey[]): Promise<(string | null)[]> {
  const [first, ...others] = accounts.map((account) => connectionsOf(database, account).limit(1));
  if (first === undefined) return [];
  const found = await database.orm.batch([first, ...others]);
  return found.map((rows) => rows[0]?.id ?? null);
}

/** The query of the connection that an account has, which is one at most. */
export function connectionsOf(database: Database, key: AccountKey) {
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
