/**
 * Record keeping: how reads are written into the audit log, and how long anything that only tells of the past is kept.
 */
import { z } from "zod";

/**
 * How reads are written: `aggregated` into one entry for each caller, action, connection, outcome and minute, or `each` by itself.
 * Changes always have an entry each.
 */
export const auditSettingsShape = z.strictObject({ reads: z.enum(["aggregated", "each"]).default("aggregated") });
export type AuditSettings = z.output<typeof auditSettingsShape>;

const days = z.number().int().min(1, "at least 1 day").max(36_500);

/** In days. */
export const retentionShape = z.strictObject({
  auditDays: days.default(400),
  /** An event that a webhook endpoint has yet to be told of is kept longer. */
  eventsDays: days.default(30),
  /** Since the last attempt. */
  deliveriesDays: days.default(14),
  /** After the end of authorization requests, sessions, and unconfirmed grants that could not be revoked. */
  expiredDays: days.default(1),
});
export type RetentionSettings = z.output<typeof retentionShape>;
