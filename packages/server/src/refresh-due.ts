/**
 * What has to be done without being asked: refreshing what is due, and revoking what nobody confirmed.
 *
 * Any number of processes do it side by side without a leader: the lease on each connection decides, and each takes its page in an
 * order of its own.
 */
import pLimit, { type LimitFunction } from "p-limit";
import { learnHealth } from "./admit-grant.ts";
import type { Authority } from "./authority.ts";
import { revokeOverdueGrants } from "./confirm.ts";
import { describeError } from "./errors.ts";
import { refreshAccessToken } from "./refresh-access-token.ts";
import { withPatience } from "./single-flight.ts";
import { type DueConnection, listDue } from "./token-sets-store.ts";

/** Refreshes under way at once, of all integrations together. */
const concurrency = 40;

/**
 * Refreshes connections that are due, soonest first, and revokes unconfirmed grants whose time is over.
 *
 * A provider that is down or says that it is asked too often keeps only its own connections waiting.
 *
 * @param request.limit How many connections to take at most.
 * @param request.deadlineMs How long to wait; refreshes under way then go on, and no more are begun.
 * @returns how many connections were taken.
 */
export async function refreshDue(authority: Authority, request: { limit: number; deadlineMs: number }): Promise<{ due: number }> {
  if ((await authority.deployment.foreignUrl()) !== null) return { due: 0 };
  await learnHealth(authority);
  const due = await listDue(authority.database, { now: authority.now(), limit: request.limit, except: authority.health.paused() });
  const isLate = new AbortController();
  const stop = AbortSignal.any([authority.closing, isLate.signal]);
  const atOnce = pLimit(concurrency);
  const ofProvider = new Map<string, LimitFunction>();
  const limitOf = ({ provider }: DueConnection): LimitFunction => {
    const name = `${provider.integrationId} ${provider.authority}`;
    const limit = ofProvider.get(name) ?? pLimit(authority.health.concurrencyOf(provider));
    ofProvider.set(name, limit);
    return limit;
  };
  // Two processes with the same page in the same order would meet at every row.
  const offset = Math.floor(Math.random() * due.length);
  const work = [...due.slice(offset), ...due.slice(0, offset)].map((target) =>
    limitOf(target)(() =>
      atOnce(async () => {
        if (stop.aborted) return;
        try {
          await authority.flights.run(target.connectionId, () => refreshAccessToken(authority, target));
        } catch (error) {
          authority.log.error({ connectionId: target.connectionId, error: describeError(error) }, "a due connection was not refreshed");
        }
      }),
    ),
  );
  await withPatience(Promise.all([...work, revokeOverdueGrants(authority, request.limit)]), request.deadlineMs);
  isLate.abort();
  return { due: due.length };
}
