/**
 * The audit log and its chain, the deployment that a database belongs to, and subjects who are being forgotten.
 */
import type { Migration } from "./migration.ts";

export const audit: Migration = {
  id: "0004-audit",
  statements: [
    `CREATE TABLE audit (
      id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      at integer NOT NULL,
      last_at integer NOT NULL,
      count integer NOT NULL,
      action text NOT NULL,
      outcome text NOT NULL,
      actor_kind text NOT NULL,
      actor_id text,
      subject_hash text,
      integration_id text,
      connection_id text,
      address text,
      request_id text,
      details text NOT NULL,
      merge_key text,
      chain text
    )`,
    "CREATE INDEX audit_at ON audit (at)",
    "CREATE INDEX audit_connection ON audit (connection_id, id)",
    "CREATE INDEX audit_subject ON audit (subject_hash, id)",
    "CREATE INDEX audit_actor ON audit (actor_id, id)",
    "CREATE UNIQUE INDEX audit_merge_key ON audit (merge_key)",
    `CREATE TABLE audit_chain (
      id text PRIMARY KEY NOT NULL,
      head_id integer NOT NULL,
      head_count integer NOT NULL,
      head_chain text NOT NULL,
      head_proof text NOT NULL,
      anchor_id integer NOT NULL,
      anchor_count integer NOT NULL,
      anchor_chain text NOT NULL,
      anchor_proof text NOT NULL,
      lease_owner text,
      lease_expires_on_database_clock real
    )`,
    `CREATE TABLE deployment (
      id text PRIMARY KEY NOT NULL,
      name text NOT NULL,
      public_url text NOT NULL,
      created_at integer NOT NULL,
      adopted_at integer
    )`,
    `CREATE TABLE forgettings (
      subject text PRIMARY KEY NOT NULL,
      requested_at integer NOT NULL
    )`,
  ],
};
