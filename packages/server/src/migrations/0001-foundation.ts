/**
 * The first tables. `tables.ts` describes the same to Drizzle, and a test compares the two.
 */
import type { Migration } from "./migration.ts";

export const foundation: Migration = {
  id: "0001-foundation",
  statements: [
    `CREATE TABLE data_keys (
      id text PRIMARY KEY NOT NULL,
      key_encryption_key_id text NOT NULL,
      wrapped blob NOT NULL,
      created_at integer NOT NULL,
      seal_count integer NOT NULL DEFAULT 0
    )`,
    `CREATE TABLE integrations (
      id text PRIMARY KEY NOT NULL,
      definition text NOT NULL,
      client_id blob NOT NULL,
      client_secret blob,
      revision integer NOT NULL,
      updated_at integer NOT NULL
    )`,
    `CREATE TABLE authorization_requests (
      state_hash text PRIMARY KEY NOT NULL,
      integration_id text NOT NULL,
      subject text NOT NULL,
      connection_id text,
      scopes text NOT NULL,
      code_verifier blob,
      browser_hash text NOT NULL,
      authority text NOT NULL,
      client_hash text NOT NULL,
      redirect_uri text NOT NULL,
      return_to text,
      opener_origin text,
      response blob,
      expires_at integer NOT NULL,
      consumed_at integer
    )`,
    "CREATE INDEX authorization_requests_expires_at ON authorization_requests (expires_at)",
    `CREATE TABLE unconfirmed_grants (
      confirmation_hash text PRIMARY KEY NOT NULL,
      connection_id text NOT NULL,
      integration_id text NOT NULL,
      subject text NOT NULL,
      "grant" blob NOT NULL,
      confirm_by integer NOT NULL,
      revoke_at integer NOT NULL
    )`,
    "CREATE INDEX unconfirmed_grants_revoke_at ON unconfirmed_grants (revoke_at)",
    `CREATE TABLE connections (
      id text PRIMARY KEY NOT NULL,
      integration_id text NOT NULL,
      subject text NOT NULL,
      account_id text,
      account_label text,
      authority text NOT NULL,
      client_hash text NOT NULL,
      requested_scopes text NOT NULL,
      granted_scopes text NOT NULL,
      captured text NOT NULL,
      granted_at integer NOT NULL,
      status text NOT NULL,
      reason text,
      created_at integer NOT NULL,
      updated_at integer NOT NULL
    )`,
    "CREATE UNIQUE INDEX connections_account ON connections (integration_id, subject, account_id) WHERE status <> 'disconnected'",
    "CREATE INDEX connections_integration_subject ON connections (integration_id, subject, account_id)",
    "CREATE INDEX connections_provider_account ON connections (account_id, authority)",
    "CREATE INDEX connections_subject ON connections (subject, id)",
    `CREATE TABLE access_tokens (
      connection_id text PRIMARY KEY NOT NULL,
      token blob NOT NULL,
      token_type text NOT NULL,
      requested_at integer NOT NULL,
      expires_at integer
    )`,
    `CREATE TABLE refresh_tokens (
      connection_id text PRIMARY KEY NOT NULL,
      token blob NOT NULL,
      expires_at integer
    )`,
    `CREATE TABLE refresh_schedule (
      connection_id text PRIMARY KEY NOT NULL,
      state text NOT NULL,
      generation integer NOT NULL,
      due_at integer,
      lease_owner text,
      lease_epoch integer NOT NULL DEFAULT 0,
      lease_expires_on_database_clock real,
      lease_overdue integer NOT NULL DEFAULT 0,
      sent_on_database_clock real,
      outcome_unknown integer NOT NULL DEFAULT 0,
      retry_at integer,
      failures integer NOT NULL DEFAULT 0,
      last_outcome text,
      last_refresh_at integer,
      committed_by text
    )`,
    "CREATE INDEX refresh_schedule_due_at ON refresh_schedule (state, due_at)",
    `CREATE TABLE events (
      id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      type text NOT NULL,
      at integer NOT NULL,
      integration_id text,
      subject text,
      connection_id text,
      generation integer NOT NULL,
      details text NOT NULL
    )`,
    "CREATE INDEX events_connection ON events (connection_id, id)",
    `CREATE TABLE revocations (
      id text PRIMARY KEY NOT NULL,
      connection_id text,
      integration_id text NOT NULL,
      subject text NOT NULL,
      authority text NOT NULL,
      client_hash text NOT NULL,
      tokens blob NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      due_at integer NOT NULL,
      give_up_at integer NOT NULL,
      lease_owner text,
      lease_expires_on_database_clock real
    )`,
    "CREATE INDEX revocations_due_at ON revocations (due_at)",
    `CREATE TABLE webhook_endpoints (
      id text PRIMARY KEY NOT NULL,
      url text NOT NULL,
      event_types text,
      integrations text,
      secret blob NOT NULL,
      secret_generation integer NOT NULL,
      previous_secret blob,
      previous_secret_until integer,
      cursor integer NOT NULL,
      state text NOT NULL,
      disabled_reason text,
      failures integer NOT NULL DEFAULT 0,
      failing_since integer,
      resume_at integer,
      created_at integer NOT NULL
    )`,
    `CREATE TABLE webhook_deliveries (
      id text PRIMARY KEY NOT NULL,
      endpoint_id text NOT NULL,
      event_id integer NOT NULL,
      ordered_by text NOT NULL,
      state text NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      due_at integer NOT NULL,
      first_attempt_at integer,
      last_attempt_at integer,
      last_status integer,
      last_error text,
      lease_owner text,
      lease_expires_on_database_clock real
    )`,
    "CREATE INDEX webhook_deliveries_due_at ON webhook_deliveries (endpoint_id, state, due_at)",
    "CREATE INDEX webhook_deliveries_order ON webhook_deliveries (endpoint_id, ordered_by, state, event_id)",
    "CREATE INDEX webhook_deliveries_event ON webhook_deliveries (endpoint_id, event_id)",
    `CREATE TABLE scope_ledger (
      id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      connection_id text NOT NULL,
      kind text NOT NULL,
      scopes text NOT NULL,
      at integer NOT NULL,
      last_at integer NOT NULL
    )`,
    "CREATE INDEX scope_ledger_connection ON scope_ledger (connection_id, id)",
    `CREATE TABLE api_keys (
      id text PRIMARY KEY NOT NULL,
      hash text NOT NULL,
      name text NOT NULL,
      permissions text NOT NULL,
      integrations text,
      created_at integer NOT NULL,
      expires_at integer,
      revoked_at integer
    )`,
  ],
};
