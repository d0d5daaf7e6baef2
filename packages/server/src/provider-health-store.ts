/**
 * Pauses of providers as rows, by which processes share what one of them has learnt; events of integrations are told by whichever is
 * the first to write one.
 */
import { and, eq, lte, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { type NewEvent, appendEventWhen } from "./events-store.ts";
import type { ProviderKey, SharedPause } from "./provider-health.ts";
import { providerHealth } from "./tables.ts";

/** All pauses that processes have told of. */
export async function readPauses(database: Database): Promise<SharedPause[]> {
  const rows = await database.orm.select().from(providerHealth);
  return rows.map(({ pausedUntil, pauseReason, ...row }) => ({ ...row, until: pausedUntil, reason: pauseReason }));
}

/** Writes a pause, and `event` if by it the integration comes to be at fault. */
export async function writePause(database: Database, pause: SharedPause, event: NewEvent): Promise<void> {
  const { integrationId, authority, until, reason, failures, misconfigured } = pause;
  const isFirst = sql`${misconfigured ? 1 : 0} AND NOT EXISTS (SELECT 1 FROM ${providerHealth} WHERE ${isAtFault(pause)})`;
  await database.orm.batch([
    appendEventWhen(database, isFirst, event),
    database.orm
      .insert(providerHealth)
      .values({ integrationId, authority, pausedUntil: until, pauseReason: reason, failures, misconfigured })
      .onConflictDoUpdate({
        target: [providerHealth.integrationId, providerHealth.authority],
        set: {
          pausedUntil: sql`max(${providerHealth.pausedUntil}, excluded.paused_until)`,
          pauseReason: reason,
          failures: sql`max(${providerHealth.failures}, excluded.failures)`,
          misconfigured: sql`max(${providerHealth.misconfigured}, excluded.misconfigured)`,
        },
      }),
  ]);
}

/** Removes a pause, and writes `event` if the integration was at fault until now. */
export async function liftPause(database: Database, key: ProviderKey, event: NewEvent): Promise<void> {
  await database.orm.batch([
    appendEventWhen(database, sql`EXISTS (SELECT 1 FROM ${providerHealth} WHERE ${isAtFault(key)})`, event),
    database.orm.delete(providerHealth).where(isOf(key)),
  ]);
}

/**
 * Makes this process the one that finds out whether a provider is well again, until `until`: false where another one is first, or
 * where no pause is written any more.
 */
export async function claimProbe(database: Database, key: ProviderKey, span: { now: Date; until: Date }): Promise<boolean> {
  const claimed = await database.orm
    .update(providerHealth)
    .set({ pausedUntil: span.until })
    .where(and(isOf(key), lte(providerHealth.pausedUntil, span.now)))
    .returning({ integrationId: providerHealth.integrationId });
  return claimed.length > 0;
}

function isOf({ integrationId, authority }: ProviderKey) {
  return and(eq(providerHealth.integrationId, integrationId), eq(providerHealth.authority, authority));
}

function isAtFault(key: ProviderKey) {
  return and(isOf(key), eq(providerHealth.misconfigured, true));
}
