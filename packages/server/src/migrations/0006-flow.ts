/**
 * What a flow keeps for later: whose ID token a grant came with, and whether a reconnection may bring another account.
 */
import type { Migration } from "./migration.ts";

export const flow: Migration = {
  id: "0006-flow",
  statements: [
    "ALTER TABLE connections ADD COLUMN id_token_subject text",
    "ALTER TABLE authorization_requests ADD COLUMN allow_account_change integer NOT NULL DEFAULT 0",
  ],
};
