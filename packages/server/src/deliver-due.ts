/**
 * The outbox of webhooks, emptied.
 */
import type { Authority } from "./authority.ts";
import { type DeliveryCount, deliverWebhooks } from "./deliver-webhooks.ts";
import { withPatience } from "./single-flight.ts";
import { forgetDelivered, writeDeliveries } from "./webhook-deliveries-store.ts";

/** How long a delivery that arrived can be looked up and replayed. */
const keptMs = 7 * 86_400_000;
/** One round in so many forgets the older ones, whichever process it falls to. */
const roundsPerSweep = 3_600;

/**
 * Writes deliveries of new events, and sends what is due.
 *
 * @param request.limit How many messages to take at most.
 * @param request.deadlineMs How long to wait; what is under way then goes on, and no more is begun.
 * @returns what was done in that time.
 */
export async function deliverDue(authority: Authority, request: { limit: number; deadlineMs: number }): Promise<DeliveryCount> {
  const { database, now } = authority;
  await writeDeliveries(database, now());
  if (Math.random() * roundsPerSweep < 1) await forgetDelivered(database, new Date(now().getTime() - keptMs));
  const closing = new AbortController();
  const count: DeliveryCount = { delivered: 0, failed: 0 };
  const work = deliverWebhooks(authority, { limit: request.limit, signal: closing.signal, count });
  authority.flights.keep(work);
  await withPatience(work, request.deadlineMs);
  closing.abort();
  return { ...count };
}
