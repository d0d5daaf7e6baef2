/**
 * API keys for some subjects only, and when each was last used.
 */
import type { Migration } from "./migration.ts";

export const apiKeys: Migration = {
  id: "0012-api-keys",
  statements: ["ALTER TABLE api_keys ADD COLUMN subjects text", "ALTER TABLE api_keys ADD COLUMN last_used_at integer"],
};
