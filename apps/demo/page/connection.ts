/**
 * A connection as `useConnection` gives it, and its words.
 */
import type { ConnectionView, ReauthorizationReason } from "@evergrant/schema";

export type { ConnectionView } from "@evergrant/schema";

const reasons = {
  grant_revoked: "The provider says that the access was taken away.",
  grant_expired: "The provider says that the access has run out.",
  no_refresh_token: "The access has run out, and there was nothing to renew it with.",
  refresh_outcome_lost: "A refresh was lost on its way, and the provider takes the old token no more.",
  refresh_token_reused: "The provider says that a refresh token was used twice.",
  client_changed: "This app has registered anew at the provider.",
  secret_unreadable: "The stored token cannot be read any more.",
} as const satisfies Record<ReauthorizationReason, string>;

/** Why the access has ended; null while it has not. */
export function endOf({ status, reason }: ConnectionView): string | null {
  if (status !== "reauthorization_required") return null;
  return reason === null ? "The access has ended." : reasons[reason];
}
