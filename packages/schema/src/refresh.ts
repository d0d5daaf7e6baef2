/**
 * Refreshing (RFC 6749 §6): its settings, the classes of its outcomes, and what `tokens.status` tells of it.
 */
import { z } from "zod";

/** When a token set becomes due, in seconds before it expires. */
export const refreshSettingsShape = z.strictObject({
  /** The lead before expiry; a tenth of the token's lifetime where that is shorter. */
  marginSeconds: z.number().int().min(0).max(86_400).default(300),
  /** At most this much earlier, at random, so that many connections do not come due in one second. */
  jitterSeconds: z.number().int().min(0).max(3_600).default(60),
});
export type RefreshSettings = z.output<typeof refreshSettingsShape>;

/**
 * How a refresh token grant ended:
 * - `refreshed`: a new token set is stored.
 * - `dead_grant`: the authorization server refused the grant for good; the resource owner must authorize again.
 * - `provider_unavailable`, `rate_limited`: passing; tried again after a pause.
 * - `misconfigured`: the integration is at fault (client id, secret, endpoint); no connection is harmed.
 * - `outcome_unknown`: sent, and no answer came back, so the refresh token may have been spent.
 * - `unrecognized`: an answer that says nothing certain, such as a page of HTML; it never ends a connection.
 */
export const refreshOutcomeShape = z.enum([
  "refreshed",
  "dead_grant",
  "provider_unavailable",
  "rate_limited",
  "misconfigured",
  "outcome_unknown",
  "unrecognized",
]);
export type RefreshOutcome = z.infer<typeof refreshOutcomeShape>;
