/**
 * Delivering events to webhook endpoints: at least once, in order for each connection, for a day, and by any number of processes that
 * share the work without a leader.
 */
import type { Authority } from "./authority.ts";
import { randomId } from "./digests.ts";
import { describeError } from "./errors.ts";
import { findEvent } from "./events-store.ts";
import { VaultError } from "./vault.ts";
import { type ClaimedDelivery, claimDeliveries, recordDelivered, recordFailure, returnDelivery } from "./webhook-deliveries-store.ts";
import { giveUpWebhookEndpoint } from "./webhook-endpoints-store.ts";
import { type Posted, messageOf, postMessage } from "./webhook-message.ts";

/** Messages that arrived, and those that did not. */
export interface DeliveryCount {
  delivered: number;
  failed: number;
}

/** Messages under way at once in a round, and at one endpoint before others are given room. */
const concurrency = 40;
const perEndpoint = 10;
/** Longer than a message and its writes may take. */
const leaseMs = 60_000;
/** A message is tried for a day from its first try; an endpoint to which nothing came for five is disabled. */
const giveUpAfterMs = 86_400_000;
const disableAfterMs = 5 * 86_400_000;
const firstBackoffMs = 5_000;
const longestMessageBackoffMs = 3_600_000;
/** Shorter where the endpoint is at fault, since one probe then stands for all that waits. */
const longestEndpointBackoffMs = 300_000;
/** From so many failures in a row on it was an outage: what has waited for its end does not wait any longer. */
const outage = 3;
/** Where this process lacks the key to sign, another may have it. */
const keyBackoffMs = 60_000;

/**
 * Sends what is due until nothing is left, `limit` messages are taken, or `signal` is aborted; messages under way are then let finish.
 *
 * @param work.count Counts up as messages arrive, or do not.
 */
export async function deliverWebhooks(
  authority: Authority,
  work: { limit: number; signal: AbortSignal; count: DeliveryCount },
): Promise<void> {
  const { limit, signal, count } = work;
  const underWay = new Map<Promise<void>, string>();
  let taken = 0;
  while (!signal.aborted && taken < limit) {
    const claimed = await claimDeliveries(authority.database, {
      now: authority.now(),
      limit: Math.min(limit - taken, concurrency - underWay.size),
      perEndpoint,
      except: crowded(underWay),
      owner: randomId(),
      leaseMs,
    });
    taken += claimed.length;
    for (const each of claimed) {
      const message = deliver(authority, each, count).finally(() => underWay.delete(message));
      underWay.set(message, each.endpoint.id);
    }
    if (underWay.size === 0) break;
    // A message that has ended makes room, and lets the next one of its connection go.
    if (claimed.length === 0 || underWay.size >= concurrency) await Promise.race(underWay.keys());
  }
  await Promise.all(underWay.keys());
}

function crowded(underWay: ReadonlyMap<unknown, string>): string[] {
  const endpoints = [...underWay.values()];
  return [...new Set(endpoints)].filter((id) => endpoints.filter((other) => other === id).length >= perEndpoint);
}

/** Sends one message, records what came of it, and counts it. Never rejects: a write that fails leaves the lease to run out. */
async function deliver(authority: Authority, claimed: ClaimedDelivery, count: DeliveryCount): Promise<void> {
  const arrived = await send(authority, claimed);
  count[arrived ? "delivered" : "failed"] += 1;
}

/** Whether the message arrived, and that was recorded. */
async function send(authority: Authority, claimed: ClaimedDelivery): Promise<boolean> {
  const { delivery, endpoint } = claimed;
  try {
    const event = await findEvent(authority.database, delivery.eventId);
    if (event === null) {
      const attempt = { at: authority.now(), status: null, error: "event_erased" as const };
      await recordFailure(authority.database, delivery, { attempt, nextAt: null, endpoint: null });
      return false;
    }
    const posted = await postMessage(authority, endpoint, delivery.id, await messageOf(authority, event));
    if (posted.error === null) {
      await recordDelivered(authority.database, delivery, { at: authority.now(), ...posted }, endpoint.failures >= outage);
      return true;
    }
    await fail(authority, claimed, posted);
  } catch (error) {
    if (error instanceof VaultError) {
      await returnDelivery(authority.database, delivery, new Date(authority.now().getTime() + keyBackoffMs)).catch(() => {});
    }
    authority.log.error({ webhook: endpoint.id, delivery: delivery.id, error: describeError(error) }, "a webhook was not delivered");
  }
  return false;
}

async function fail(authority: Authority, { delivery, endpoint }: ClaimedDelivery, posted: Posted): Promise<void> {
  const at = authority.now();
  const { status, error } = posted;
  const after = (ms: number) => new Date(at.getTime() + Math.max(ms, (posted.retryAfterSeconds ?? 0) * 1000));
  const isOver = at.getTime() - (delivery.firstAttemptAt ?? at).getTime() >= giveUpAfterMs;
  // Who answers "not this one" is well; whoever does not answer, or asks to be left alone, is left alone with everything.
  const isOfEndpoint = status === null || status >= 500 || status === 408 || status === 429;
  await recordFailure(authority.database, delivery, {
    attempt: { at, status, error },
    nextAt: isOver ? null : after(backoffMs(delivery.attempts, isOfEndpoint ? longestEndpointBackoffMs : longestMessageBackoffMs)),
    endpoint: isOfEndpoint
      ? { failures: endpoint.failures + 1, resumeAt: after(backoffMs(endpoint.failures, longestEndpointBackoffMs)) }
      : null,
  });
  authority.log.warn({ webhook: endpoint.id, delivery: delivery.id, status, error, isOver }, "a webhook was not accepted");

  const failedForMs = at.getTime() - (endpoint.failingSince ?? at).getTime();
  const reason = status === 410 ? "gone" : failedForMs >= disableAfterMs ? "failing" : null;
  if (reason === null) return;
  await giveUpWebhookEndpoint(authority.database, endpoint.id, reason, at).then(
    () => authority.log.warn({ webhook: endpoint.id, reason }, "a webhook was disabled"),
    // Somebody else was first, or the next failure will do it.
    (cause: unknown) => authority.log.info({ webhook: endpoint.id, error: describeError(cause) }, "a webhook was not disabled"),
  );
}

/** Exponential backoff after `failures` failures before this one; half of it is chance. */
function backoffMs(failures: number, longestMs: number): number {
  return Math.min(firstBackoffMs * 2 ** Math.min(failures, 20), longestMs) * (0.5 + Math.random() / 2);
}
