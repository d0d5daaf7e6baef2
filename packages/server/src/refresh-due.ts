/**
 * What has to be done without being asked: refreshing what is due, and revoking what nobody confirmed.
 */
import pLimit from "p-limit";
import type { Authority } from "./authority.ts";
import { revokeOverdueGrants } from "./confirm.ts";
import { describeError } from "./errors.ts";
import { refreshAccessToken } from "./refresh-access-token.ts";
import { withPatience } from "./single-flight.ts";
import { listDue } from "./token-sets-store.ts";

/** Refreshes under way at once. */
const concurrency = 20;

/**
 * Refreshes connections that are due, soonest first, and revokes unconfirmed grants whose time is over.
 *
 * @param request.limit How many connections to take at most.
 * @param request.deadlineMs How long to wait; refreshes under way then go on.
 * @returns how many connections were taken.
 */
export async function refreshDue(authority: Authority, request: { limit: number; deadlineMs: number }): Promise<{ due: number }> {
  const due = await listDue(authority.database, { now: authority.now(), limit: request.limit });
  const atOnce = pLimit(concurrency);
  const work = due.map((target) =>
    atOnce(async () => {
      try {
        await authority.flights.run(target.connectionId, () => refreshAccessToken(authority, target));
      } catch (error) {
        authority.log.error({ connectionId: target.connectionId, error: describeError(error) }, "a due connection was not refreshed");
      }
    }),
  );
  await withPatience(Promise.all([...work, revokeOverdueGrants(authority, request.limit)]), request.deadlineMs);
  return { due: due.length };
}
