/**
 * Sessions of subjects' browsers, and the order in which one subject's events are read by them.
 */
import type { Migration } from "./migration.ts";

export const sessions: Migration = {
  id: "0002-sessions",
  statements: [
    `CREATE TABLE sessions (
      id text PRIMARY KEY NOT NULL,
      hash text NOT NULL,
      subject text NOT NULL,
      integrations text,
      created_by text NOT NULL,
      created_at integer NOT NULL,
      expires_at integer NOT NULL,
      revoked_at integer
    )`,
    "CREATE INDEX sessions_subject ON sessions (subject)",
    "CREATE INDEX sessions_created_by ON sessions (created_by)",
    "CREATE INDEX sessions_expires_at ON sessions (expires_at)",
    "CREATE INDEX events_subject ON events (subject, id)",
  ],
};
