/**
 * Events: what happened to connections, in the order in which it was committed. None holds a secret or a connect link.
 */
import { z } from "zod";

export const eventTypeShape = z.enum([
  "connection.created",
  "connection.reauthorized",
  "connection.refreshed",
  "connection.refresh_failed",
  "connection.scopes_narrowed",
  "connection.reauthorization_required",
  "connection.recovered",
  "connection.disconnected",
  "connection.confirmation_refused",
]);
export type EventType = z.infer<typeof eventTypeShape>;

export const eventShape = z.object({
  /** Grows with every commit: an event with a greater id was committed later. */
  id: z.number().int(),
  type: eventTypeShape,
  at: z.iso.datetime(),
  integration: z.string(),
  subject: z.string(),
  /** Null where no connection came of it. */
  connectionId: z.string().nullable(),
  /** The connection's token set after the event. */
  generation: z.number().int(),
  /** Particulars, such as a reason or an outcome. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
});
export type EvergrantEvent = z.infer<typeof eventShape>;

export const eventsListInput = z.object({
  /** Events after this id. */
  after: z.number().int().nonnegative().default(0),
  connectionId: z.string().max(128).optional(),
  limit: z.number().int().min(1).max(500).default(100),
});
export const eventsPageShape = z.object({ events: z.array(eventShape), nextAfter: z.number().int().nullable() });
