/**
 * Errors that a caller can cause or must act upon. Answers about tokens are not errors: they are in `tokens.ts`.
 */
import { z } from "zod";

/**
 * - `unknown_integration`, `unknown_connection`: not there, or not this caller's.
 * - `scope_not_declared`: outside the integration's `scopes` and `optionalScopes`.
 * - `return_origin_not_allowed`, `opener_origin_not_allowed`: not on the config's list.
 * - `several_connections`: the subject has more than one account there; name a connection or an account.
 * - `confirmation_invalid`: unknown, used, expired or another subject's.
 * - `not_adopted`: the database is a copy of another deployment's; `evergrant adopt` makes it this one's.
 * - `config_owned_by_file`: that integration is declared in the config file.
 * - `config_invalid`: the definition has faults, listed in the message.
 * - `stranding_not_accepted`, `secret_required`: a change would part connections from the client that they were granted to.
 * - `permission_denied`: this API key lacks the permission.
 * - `not_connected`: the connection was disconnected; it holds no token to speak of.
 * - `unknown_webhook`: no such endpoint or delivery.
 * - `webhook_url_refused`: a URL that this server may not reach.
 * - `integration_unavailable`: its provider could not be discovered.
 * - `too_many_requests`: more than this caller or this address may ask for; `Retry-After` says when to ask again.
 * - `store_unavailable`: the database did not take the write in time.
 * - `identity_provider_unavailable`: the keys that would prove a JWT cannot be read.
 * - `key_unavailable`: an encryption key does not open, such as one of a KMS that is out of reach.
 */
export const errorCodeShape = z.enum([
  "unknown_integration",
  "unknown_connection",
  "scope_not_declared",
  "return_origin_not_allowed",
  "opener_origin_not_allowed",
  "several_connections",
  "confirmation_invalid",
  "config_owned_by_file",
  "not_adopted",
  "config_invalid",
  "stranding_not_accepted",
  "secret_required",
  "permission_denied",
  "not_connected",
  "unknown_webhook",
  "webhook_url_refused",
  "integration_unavailable",
  "too_many_requests",
  "store_unavailable",
  "identity_provider_unavailable",
  "key_unavailable",
]);
export type ErrorCode = z.infer<typeof errorCodeShape>;

/** One fault of a config: where it is, what is wrong, and what to do about it. */
export const configFaultShape = z.object({
  /** Dotted, such as `integrations.oauth.providers.github.scopes[1]`. */
  path: z.string(),
  message: z.string(),
  mend: z.string(),
});
export type ConfigFault = z.infer<typeof configFaultShape>;
