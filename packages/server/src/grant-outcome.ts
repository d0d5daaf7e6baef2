/**
 * What a failed refresh token grant means: for the connection, for the integration, and for when to ask again.
 */
import type { AuthorizationServerFacts, RefreshOutcome } from "@evergrant/schema";
import type { TransportErrorCode } from "./guarded-fetch.ts";
import type { TokenError } from "./token-response.ts";

export type FailedOutcome = Exclude<RefreshOutcome, "refreshed">;

/**
 * `error` codes that end a grant: RFC 6749 §5.2, OpenID Connect Core §3.1.2.6, and those that providers with codes of their
 * own document (GitHub, Slack). A status never ends a grant by itself: a firewall's 403 page is no `invalid_grant`.
 */
const deadGrantErrors = new Set([
  "invalid_grant",
  "interaction_required",
  "login_required",
  "consent_required",
  "account_selection_required",
  "bad_refresh_token",
  "invalid_refresh_token",
  "token_revoked",
  "token_expired",
  "account_inactive",
  "authorization_not_found",
]);

const misconfiguredErrors = new Set([
  "invalid_client",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_request",
  "invalid_scope",
  "invalid_target",
  "incorrect_client_credentials",
  "redirect_uri_mismatch",
  "bad_client_secret",
  "invalid_client_id",
  "token_rotation_not_enabled",
]);

const passingErrors = new Set(["temporarily_unavailable", "server_error", "internal_error", "fatal_error"]);
const rateErrors = new Set(["slow_down", "ratelimited", "rate_limited", "too_many_requests"]);

/** Classifies what a token endpoint answered (RFC 6749 §5.2). */
export function outcomeOfTokenError({ status, error, succeeded }: TokenError): FailedOutcome {
  if (error !== null) {
    // Some servers answer 503 with `invalid_grant` while they restart; only a definite answer may end a grant.
    if (deadGrantErrors.has(error)) return status >= 500 ? "provider_unavailable" : "dead_grant";
    if (rateErrors.has(error)) return "rate_limited";
    if (passingErrors.has(error)) return "provider_unavailable";
    if (misconfiguredErrors.has(error)) return status >= 500 ? "provider_unavailable" : "misconfigured";
  }
  if (status === 429) return "rate_limited";
  if (status === 408 || status === 425 || status >= 500) return "provider_unavailable";
  // A 2xx that brought no token may all the same have spent one.
  return succeeded ? "outcome_unknown" : "unrecognized";
}

/** Classifies a request that got no answer which could be read. */
export const outcomeOfTransportError = {
  blocked: "misconfigured",
  not_sent: "provider_unavailable",
  no_answer: "outcome_unknown",
  answer_unreadable: "outcome_unknown",
} as const satisfies Record<TransportErrorCode, FailedOutcome>;

/** Whether a spent refresh token may safely be presented again: it stays good, or does so for a while (RFC 9700 §4.14). */
export function canRetryAtOnce(facts: AuthorizationServerFacts): boolean {
  return facts.rotation.mode === "none" || facts.rotation.mode === "grace";
}
