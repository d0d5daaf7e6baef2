/**
 * Keys that can be retired: what each was made for, and the rule that no ciphertext names a key that is not there.
 */
import type { Migration } from "./migration.ts";
import { refuseLostKeys } from "./sealed-column.ts";

export const keys: Migration = {
  id: "0003-keys",
  statements: [
    `ALTER TABLE data_keys ADD COLUMN made_for text NOT NULL DEFAULT 'sealing'`,
    `CREATE UNIQUE INDEX data_keys_digest ON data_keys (made_for) WHERE made_for = 'digest'`,
    ...refuseLostKeys("integrations", "client_id"),
    ...refuseLostKeys("integrations", "client_secret"),
    ...refuseLostKeys("authorization_requests", "code_verifier"),
    ...refuseLostKeys("authorization_requests", "response"),
    ...refuseLostKeys("unconfirmed_grants", "grant"),
    ...refuseLostKeys("access_tokens", "token"),
    ...refuseLostKeys("refresh_tokens", "token"),
    ...refuseLostKeys("revocations", "tokens"),
    ...refuseLostKeys("webhook_endpoints", "secret"),
    ...refuseLostKeys("webhook_endpoints", "previous_secret"),
  ],
};
