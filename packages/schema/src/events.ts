/**
 * Events: what happened, in the order in which it was committed. None holds a secret or a connect link.
 */
import { z } from "zod";
import { keptText } from "./kept-text.ts";

/**
 * - `connection.revocation`: what became of revoking a disconnected or refused grant at its provider, once that is settled:
 *   `details.outcome` is `revoked`, `unsupported`, or `given_up` after a day of trying.
 * - `integration.misconfigured`, `integration.recovered`: of an integration as a whole, and so of no subject.
 * - `webhook.disabled`: of a webhook endpoint, and so of no integration either; `details.reason` is `gone` or `failing`.
 */
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
  "connection.revocation",
  "integration.misconfigured",
  "integration.recovered",
  "webhook.disabled",
]);
export type EventType = z.infer<typeof eventTypeShape>;

export const eventShape = z.object({
  /** Grows with every commit: an event with a greater id was committed later. */
  id: z.number().int(),
  type: eventTypeShape,
  at: z.iso.datetime(),
  /** Null where it concerns none: `webhook.*`. */
  integration: z.string().nullable(),
  /** Null where it concerns none: `integration.*` and `webhook.*`. */
  subject: z.string().nullable(),
  /** Null where no connection came of it. */
  connectionId: z.string().nullable(),
  /** The connection's token set after the event; 0 where there is no connection. */
  generation: z.number().int(),
  /** Particulars, such as a reason or an outcome. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
});
export type EvergrantEvent = z.infer<typeof eventShape>;

export const eventsListInput = z.object({
  /** Events after this id. */
  after: z.number().int().nonnegative().default(0),
  connectionId: keptText(128).optional(),
  /** `newest_first` answers the end of the list, and `nextAfter` is null: there is nothing after it. */
  order: z.enum(["oldest_first", "newest_first"]).default("oldest_first"),
  limit: z.number().int().min(1).max(500).default(100),
});
export const eventsPageShape = z.object({ events: z.array(eventShape), nextAfter: z.number().int().nullable() });

export const eventsStreamInput = z
  .object({
    /** Events after this id; left out, all there are. */
    after: z.number().int().nonnegative().default(0),
    /** Where a reconnection resumes, told from `Last-Event-ID`; it goes before `after`. */
    lastEventId: z
      .string()
      .regex(/^\d{1,15}$/, "the id of an event")
      .optional(),
  })
  .prefault({});
