/**
 * The outbox of webhooks, emptied.
 */
import type { Authority } from "./authority.ts";
import { type DeliveryCount, deliverWebhooks } from "./deliver-webhooks.ts";
import { withPatience } from "./single-flight.ts";
import { writeDeliveries } from "./webhook-deliveries-store.ts";

/**
 * Writes deliveries of new events, and sends what is due.
 *
 * @param request.limit How many messages to take at most.
 * @param request.deadlineMs How long to wait; what is under way then goes on, and no more is begun.
 * @returns what was done in that time.
 */
export async function deliverDue(authority: Authority, request: { limit: number; deadlineMs: number }): Promise<DeliveryCount> {
  const { database, now } = authority;
  if ((await authority.deployment.foreignUrl()) !== null) return { delivered: 0, failed: 0 };
  await writeDeliveries(database, now());
  const isLate = new AbortController();
  const count: DeliveryCount = { delivered: 0, failed: 0 };
  const work = deliverWebhooks(authority, { limit: request.limit, signal: AbortSignal.any([authority.closing, isLate.signal]), count });
  authority.flights.keep(work);
  await withPatience(work, request.deadlineMs);
  isLate.abort();
  return { ...count };
}
