/**
 * An index for the authorization requests of one subject, of which only the newest are kept.
 */
import type { Migration } from "./migration.ts";

export const pending: Migration = {
  id: "0018-pending",
  statements: ["CREATE INDEX authorization_requests_subject ON authorization_requests (subject, integration_id, expires_at)"],
};
