/**
 * What a process does by itself: refreshes what is due, delivers to webhooks and keeps records, again and again until it is stopped.
 */
import type { Authority } from "./authority.ts";
import { deliverDue } from "./deliver-due.ts";
import { describeError } from "./errors.ts";
import { keepRecords } from "./keep-records.ts";
import { refreshDue } from "./refresh-due.ts";

const refresherIntervalMs = 5_000;
const refresherPage = 200;
const delivererIntervalMs = 1_000;
const delivererPage = 200;
const recordKeeperIntervalMs = 2_000;

/**
 * Starts the rounds. What one of them fails by is logged, and the next one comes all the same.
 *
 * @param beside What each round of the refresher does at the same time.
 * @returns what stops them; a round under way is among the authority's flights, and ends later.
 */
export function startRounds(authority: Authority, beside: () => Promise<unknown>): () => void {
  const refresher = setInterval(() => tick(authority, beside), refresherIntervalMs);
  const stopDelivering = deliverByItself(authority);
  const stopKeepingRecords = keepRecordsByItself(authority);
  return () => {
    clearInterval(refresher);
    stopDelivering();
    stopKeepingRecords();
  };
}

function tick(authority: Authority, beside: () => Promise<unknown>): void {
  const work = Promise.all([beside(), drainDue(authority)]).catch((error: unknown) => {
    authority.log.error({ error: describeError(error) }, "the refresher failed");
  });
  authority.flights.keep(work);
}

/** Page after page, until nothing more is due or the next tick begins. */
async function drainDue(authority: Authority): Promise<void> {
  const end = performance.now() + refresherIntervalMs;
  for (let leftMs = refresherIntervalMs; leftMs > 0 && !authority.closing.aborted; leftMs = end - performance.now()) {
    const { due } = await refreshDue(authority, { limit: refresherPage, deadlineMs: leftMs });
    if (due < refresherPage) return;
  }
}

/** Empties the outbox of webhooks once a second; returns what stops it. */
function deliverByItself(authority: Authority): () => void {
  const round = () => deliverDue(authority, { limit: delivererPage, deadlineMs: refresherIntervalMs });
  return byItself(authority, { round, everyMs: delivererIntervalMs, failed: "webhooks were not delivered" });
}

/** Seals the audit log every two seconds, and forgets what is old; returns what stops it. */
function keepRecordsByItself(authority: Authority): () => void {
  const round = () => keepRecords(authority, { deadlineMs: refresherIntervalMs });
  return byItself(authority, { round, everyMs: recordKeeperIntervalMs, failed: "records were not kept" });
}

/** Does something again and again, one round at a time; returns what stops it. */
function byItself(
  authority: Authority,
  { round, everyMs, failed }: { round: () => Promise<unknown>; everyMs: number; failed: string },
): () => void {
  let isBusy = false;
  const once = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      await round();
    } catch (error) {
      authority.log.error({ error: describeError(error) }, failed);
    }
    isBusy = false;
  };
  const timer = setInterval(() => authority.flights.keep(once()), everyMs);
  return () => clearInterval(timer);
}
