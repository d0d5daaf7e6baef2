/**
 * The lease on a connection's refresh token: who may ask with it, on the database's own clock. It orders who asks, never who may
 * store (design 4.4).
 */
import type { RefreshOutcome } from "@evergrant/schema";
import { and, eq, getTableColumns, isNotNull, sql } from "drizzle-orm";
import { auditEvent } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { type NewEvent, appendEventWhere } from "./events-store.ts";
import { refreshSchedule, refreshTokens } from "./tables.ts";

/** The state of a connection's schedule, as one who waits for another's lease needs it. */
export async function readSchedule(database: Database, connectionId: string) {
  const rows = await database.orm
    .select({ ...getTableColumns(refreshSchedule), leaseIsFree: leaseIsFree() })
    .from(refreshSchedule)
    .where(eq(refreshSchedule.connectionId, connectionId));
  const row = rows[0];
  return row === undefined ? null : { ...row, leaseIsFree: row.leaseIsFree === 1 };
}

export interface Lease {
  readonly connectionId: string;
  readonly generation: number;
  /** Names one flight of one process. */
  readonly owner: string;
  readonly epoch: number;
}

export interface AcquiredLease {
  readonly lease: Lease;
  readonly refreshToken: typeof refreshTokens.$inferSelect | null;
  /** Another owner took this lease, sent its grant and was never heard of again. */
  readonly abandonedWhileSending: boolean;
  readonly schedule: typeof refreshSchedule.$inferSelect;
}

/**
 * Takes the lease on a connection's refresh token, or null where somebody else has it, it is not due for another try, or the
 * generation has moved. One write batch: it also proves that the store takes writes before a single-use token is spent.
 *
 * A lease that has expired is not taken at once: nobody may have been able to renew it, where the database was busy for long. The
 * first to find it marks it overdue, and only one that is overdue and expires again belongs to nobody.
 *
 * @param request.leaseMs How long the lease lasts on the database's clock unless renewed.
 * @param request.overdueMs How long the owner of an expired one still has to renew it.
 */
export async function acquireLease(
  database: Database,
  request: { connectionId: string; generation: number; owner: string; leaseMs: number; overdueMs: number; now: Date },
): Promise<AcquiredLease | null> {
  const isThis = and(eq(refreshSchedule.connectionId, request.connectionId), eq(refreshSchedule.generation, request.generation));
  const hasExpired = sql`${refreshSchedule.leaseExpiresOnDatabaseClock} < ${databaseNow}`;
  const before = database.orm.select().from(refreshSchedule).where(eq(refreshSchedule.connectionId, request.connectionId));
  const take = database.orm
    .update(refreshSchedule)
    .set({
      leaseOwner: request.owner,
      leaseEpoch: sql`${refreshSchedule.leaseEpoch} + 1`,
      leaseExpiresOnDatabaseClock: sql`${databaseNow} + ${request.leaseMs / 1000}`,
      leaseOverdue: false,
      sentOnDatabaseClock: databaseNow,
    })
    .where(
      and(
        isThis,
        eq(refreshSchedule.state, "active"),
        sql`(${refreshSchedule.leaseOwner} IS NULL OR (${refreshSchedule.leaseOverdue} = 1 AND ${hasExpired}))`,
        sql`(${refreshSchedule.retryAt} IS NULL OR ${refreshSchedule.retryAt} <= ${request.now.getTime()})`,
      ),
    )
    .returning();
  const token = database.orm.select().from(refreshTokens).where(eq(refreshTokens.connectionId, request.connectionId));
  const markOverdue = database.orm
    .update(refreshSchedule)
    .set({ leaseOverdue: true, leaseExpiresOnDatabaseClock: sql`${databaseNow} + ${request.overdueMs / 1000}` })
    .where(and(isThis, isNotNull(refreshSchedule.leaseOwner), eq(refreshSchedule.leaseOverdue, false), hasExpired));
  const [[previous], [taken], [refreshToken]] = await database.orm.batch([before, take, token, markOverdue]);
  if (taken === undefined) return null;
  return {
    lease: { connectionId: request.connectionId, generation: request.generation, owner: request.owner, epoch: taken.leaseEpoch },
    refreshToken: refreshToken ?? null,
    abandonedWhileSending: previous?.sentOnDatabaseClock != null,
    schedule: taken,
  };
}

/** Keeps a lease from expiring while its grant is under way; harmless where it is no longer held. */
export async function renewLease(database: Database, lease: Lease, leaseMs: number): Promise<void> {
  await database.orm
    .update(refreshSchedule)
    .set({ leaseExpiresOnDatabaseClock: sql`${databaseNow} + ${leaseMs / 1000}`, leaseOverdue: false })
    .where(holds(lease));
}

/**
 * Records a try that ended without a token set, and gives the lease back.
 *
 * @throws where the lease is no longer held: then it is somebody else's to say what became of the connection.
 */
export async function releaseLease(
  database: Database,
  release: { lease: Lease; outcome: RefreshOutcome; outcomeUnknown: boolean; retryAt: Date | null; failures: number; event: NewEvent },
): Promise<void> {
  const { lease, event } = release;
  const generationWhileHeld = sql`SELECT ${refreshSchedule.generation} FROM ${refreshSchedule} WHERE ${holds(lease)}`;
  await database.orm.batch([
    appendEventWhere(database, generationWhileHeld, event),
    auditEvent(database, event),
    database.orm
      .update(refreshSchedule)
      .set({
        ...settled,
        outcomeUnknown: release.outcomeUnknown,
        retryAt: release.retryAt,
        failures: release.failures,
        lastOutcome: release.outcome,
      })
      .where(holds(lease)),
  ]);
}

/** Gives back a lease under which nothing was sent. */
export async function returnLease(database: Database, lease: Lease, wasAbandoned: boolean): Promise<void> {
  // What an earlier owner left behind is still unknown, whoever looked at it since.
  await database.orm
    .update(refreshSchedule)
    .set({ ...settled, ...(wasAbandoned ? { outcomeUnknown: true } : {}) })
    .where(holds(lease));
}

/** What the database's clock says, in milliseconds since 1970. */
export async function readDatabaseClock(database: Database): Promise<number> {
  const rows = await database.orm.all<{ seconds: number }>(sql`SELECT ${databaseNow} AS seconds`);
  return (rows[0]?.seconds ?? Date.now() / 1000) * 1000;
}

/** The database's own clock, in seconds: processes whose clocks differ agree on a lease. */
export const databaseNow = sql<number>`unixepoch('subsec')`;

/** What a schedule says where nobody holds its lease and nothing was sent. */
export const settled = { leaseOwner: null, leaseExpiresOnDatabaseClock: null, leaseOverdue: false, sentOnDatabaseClock: null } as const;

/** Whether anybody may try for the lease: 1 or 0. */
export function leaseIsFree() {
  return sql<number>`(${refreshSchedule.leaseOwner} IS NULL OR ${refreshSchedule.leaseExpiresOnDatabaseClock} < ${databaseNow})`;
}

function holds(lease: Lease) {
  return and(
    eq(refreshSchedule.connectionId, lease.connectionId),
    eq(refreshSchedule.leaseOwner, lease.owner),
    eq(refreshSchedule.leaseEpoch, lease.epoch),
  );
}
