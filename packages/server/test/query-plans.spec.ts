import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import Libsql from "libsql";
import { insertAuthorizationRequest } from "../src/authorization-requests-store.ts";
import { findApiKey } from "../src/api-keys-store.ts";
import { countStranded, findConnection, findConnectionOfAccount, listConnections } from "../src/connection-reads-store.ts";
import { type Database, openDatabase } from "../src/database.ts";
import { findEvent, listEvents, newestEventId } from "../src/events-store.ts";
import { acquireLease, readSchedule } from "../src/leases-store.ts";
import { findSession } from "../src/sessions-store.ts";
import { migrate } from "../src/migrate.ts";
import { everything } from "../src/reach.ts";
import { claimRevocations } from "../src/revocations-store.ts";
import { listScopeLedger } from "../src/scope-ledger-store.ts";
import { readAccessTokens, readTokenSets } from "../src/token-set-reads-store.ts";
import { listDue, makeAccountDue, readSealedTokens } from "../src/token-sets-store.ts";
import { listOverdueGrants } from "../src/unconfirmed-grants-store.ts";
import { claimDeliveries, listDeliveries } from "../src/webhook-deliveries-store.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

const now = new Date("2026-11-26T12:00:00Z");
const account = { accountId: "a", authority: "https://provider.example", clientHash: "h", now };

interface Asked {
  readonly what: string;
  readonly ask: (database: Database) => Promise<unknown>;
  /** Table, index and the columns that are looked up in it, for each loop. */
  readonly uses: readonly string[];
  /** What is walked in order and left when the page is full, or is small: endpoints, and the page itself. */
  readonly walks?: readonly string[];
}

/** What is asked at every call, on every page and in every round of the background; each must find its rows by an index. */
const asked: readonly Asked[] = [
  {
    what: "the credential of a call",
    ask: (database) => findApiKey(database, "0123456789abcdef"),
    uses: ["api_keys USING INDEX sqlite_autoindex_api_keys_1 (id=?)"],
  },
  {
    what: "the session of a call",
    ask: (database) => findSession(database, "0123456789abcdef"),
    uses: ["sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)"],
  },
  {
    what: "the oldest flows of a subject with too many",
    ask: (database) =>
      insertAuthorizationRequest(
        database,
        {
          stateHash: randomUUID(),
          integrationId: "i",
          subject: "s",
          scopes: [],
          browserHash: "b",
          authority: account.authority,
          clientHash: "h",
          redirectUri: "u",
          expiresAt: now,
        },
        now,
      ),
    uses: [
      "authorization_requests USING INDEX authorization_requests_expires_at (expires_at<?)",
      "authorization_requests USING COVERING INDEX sqlite_autoindex_authorization_requests_1 (state_hash=?)",
      "authorization_requests USING INDEX authorization_requests_subject (subject=? AND integration_id=?)",
    ],
  },
  {
    what: "a token by connection",
    ask: (database) => readAccessTokens(database, { connectionId: "con_1" }),
    uses: [
      "connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a token by subject",
    ask: (database) => readAccessTokens(database, { integrationId: "i", subject: "s" }),
    uses: [
      "connections USING INDEX connections_integration_subject (integration_id=? AND subject=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a token by account",
    ask: (database) => readAccessTokens(database, { integrationId: "i", subject: "s", accountId: "a" }),
    uses: [
      "connections USING INDEX connections_account (integration_id=? AND subject=? AND account_id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a token set by connection",
    ask: (database) => readTokenSets(database, { connectionId: "con_1" }),
    uses: [
      "connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
      "refresh_tokens USING COVERING INDEX sqlite_autoindex_refresh_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a token set by subject",
    ask: (database) => readTokenSets(database, { integrationId: "i", subject: "s" }),
    uses: [
      "connections USING INDEX connections_integration_subject (integration_id=? AND subject=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
      "refresh_tokens USING COVERING INDEX sqlite_autoindex_refresh_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a token set by account",
    ask: (database) => readTokenSets(database, { integrationId: "i", subject: "s", accountId: "a" }),
    uses: [
      "connections USING INDEX connections_account (integration_id=? AND subject=? AND account_id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
      "refresh_tokens USING COVERING INDEX sqlite_autoindex_refresh_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "the schedule of a connection",
    ask: (database) => readSchedule(database, "con_1"),
    uses: ["refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)"],
  },
  {
    what: "a lease",
    ask: (database) => acquireLease(database, { connectionId: "con_1", generation: 1, owner: "o", leaseMs: 1, overdueMs: 1, now }),
    uses: [
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "refresh_tokens USING INDEX sqlite_autoindex_refresh_tokens_1 (connection_id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
    ],
  },
  {
    what: "the sealed tokens of a connection",
    ask: (database) => readSealedTokens(database, "con_1"),
    uses: [
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
      "refresh_tokens USING INDEX sqlite_autoindex_refresh_tokens_1 (connection_id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
    ],
  },
  {
    what: "a page of what is due",
    ask: (database) => listDue(database, { now, limit: 200, except: [] }),
    uses: [
      "refresh_schedule USING INDEX refresh_schedule_due_at (state=? AND due_at>? AND due_at<?)",
      "connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
    ],
  },
  {
    what: "a page of what is due, without a provider",
    ask: (database) => listDue(database, { now, limit: 200, except: [{ integrationId: "i", authority: "https://provider.example" }] }),
    uses: [
      "refresh_schedule USING INDEX refresh_schedule_due_at (state=? AND due_at>? AND due_at<?)",
      "connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
    ],
  },
  {
    what: "the connections of an account",
    ask: (database) => makeAccountDue(database, account),
    uses: [
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "connections USING INDEX connections_provider_account (account_id=? AND authority=?)",
      "refresh_tokens USING COVERING INDEX sqlite_autoindex_refresh_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "one connection",
    ask: (database) => findConnection(database, "con_1"),
    uses: [
      "connections USING INDEX sqlite_autoindex_connections_1 (id=?)",
      "refresh_schedule USING INDEX sqlite_autoindex_refresh_schedule_1 (connection_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "the connection of an account",
    ask: (database) => findConnectionOfAccount(database, { integrationId: "i", subject: "s", accountId: "a" }),
    uses: ["connections USING INDEX connections_account (integration_id=? AND subject=? AND account_id=?)"],
  },
  {
    what: "a page of connections",
    ask: (database) => listConnections(database, { reach: everything, limit: 50 }),
    uses: ["access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)"],
    walks: ["SCAN connections USING INDEX sqlite_autoindex_connections_1"],
  },
  {
    what: "the next page of connections",
    ask: (database) => listConnections(database, { reach: everything, limit: 50, before: "con_9" }),
    uses: [
      "connections USING INDEX sqlite_autoindex_connections_1 (id<?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a page of a subject's connections",
    ask: (database) => listConnections(database, { subject: "s", reach: everything, limit: 50 }),
    uses: [
      "connections USING INDEX connections_subject (subject=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "the next page of a subject's connections",
    ask: (database) => listConnections(database, { subject: "s", reach: everything, limit: 50, before: "con_9" }),
    uses: [
      "connections USING INDEX connections_subject (subject=? AND id<?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a page of an integration's connections",
    ask: (database) => listConnections(database, { integration: "i", reach: everything, limit: 50 }),
    uses: [
      "connections USING INDEX connections_integration (integration_id=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "a page of connections by status",
    ask: (database) => listConnections(database, { status: "reauthorization_required", reach: everything, limit: 50 }),
    uses: [
      "connections USING INDEX connections_status (status=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  {
    what: "the grants that a change would strand",
    ask: (database) => countStranded(database, "i", null),
    uses: ["connections USING INDEX connections_integration (integration_id=?)"],
  },
  {
    what: "the scopes of a connection",
    ask: (database) => listScopeLedger(database, "con_1"),
    uses: ["scope_ledger USING INDEX scope_ledger_connection (connection_id=?)"],
  },
  {
    what: "a page of events",
    ask: (database) => listEvents(database, { after: 7, limit: 100 }),
    uses: ["events USING INTEGER PRIMARY KEY (rowid>?)"],
  },
  {
    what: "a page of a connection's events",
    ask: (database) => listEvents(database, { after: 7, limit: 100, connectionId: "con_1" }),
    uses: ["events USING INDEX events_connection (connection_id=? AND id>?)"],
  },
  {
    what: "a page of a subject's own events",
    ask: (database) => listEvents(database, { after: 7, limit: 100, reach: { integrations: null, subjects: ["s"] } }),
    uses: ["events USING INDEX events_subject (subject=? AND id>?)"],
  },
  {
    what: "a subject's newest event",
    ask: (database) => listEvents(database, { after: 0, limit: 1, order: "newest_first", reach: { integrations: null, subjects: ["s"] } }),
    uses: ["events USING INDEX events_subject (subject=? AND id>?)"],
  },
  {
    what: "a page of a session's connections",
    ask: (database) => listConnections(database, { integration: "i", reach: { integrations: ["i"], subjects: ["s"] }, limit: 50 }),
    uses: [
      "connections USING INDEX connections_subject (subject=?)",
      "access_tokens USING INDEX sqlite_autoindex_access_tokens_1 (connection_id=?)",
    ],
  },
  { what: "one event", ask: (database) => findEvent(database, 7), uses: ["events USING INTEGER PRIMARY KEY (rowid=?)"] },
  { what: "the newest event", ask: (database) => newestEventId(database), uses: [], walks: ["SCAN events"] },
  {
    what: "overdue grants",
    ask: (database) => listOverdueGrants(database, now, 100),
    uses: ["unconfirmed_grants USING INDEX unconfirmed_grants_revoke_at (revoke_at<?)"],
  },
  {
    what: "revocations that are due",
    ask: (database) => claimRevocations(database, { now, limit: 100, owner: "o", leaseMs: 1 }),
    uses: ["revocations USING INDEX revocations_due_at (due_at<?)"],
  },
  {
    what: "a page of deliveries",
    ask: (database) => listDeliveries(database, { endpointId: "e", limit: 100 }),
    uses: ["webhook_deliveries USING INDEX webhook_deliveries_event (endpoint_id=?)"],
  },
  {
    what: "deliveries that are due",
    ask: (database) => claimDeliveries(database, { now, limit: 100, perEndpoint: 20, except: [], owner: "o", leaseMs: 1 }),
    uses: [
      "probe USING INDEX webhook_deliveries_due_at (endpoint_id=? AND state=?)",
      "d USING INDEX webhook_deliveries_due_at (endpoint_id=? AND state=? AND due_at<?)",
      "earlier USING COVERING INDEX webhook_deliveries_order (endpoint_id=? AND ordered_by=? AND state=? AND event_id<?)",
    ],
    walks: [
      "SCAN e",
      "SCAN json_each VIRTUAL TABLE INDEX 1:",
      "USE TEMP B-TREE FOR ORDER BY",
      "SCAN (subquery-6)",
      "SCAN (subquery-4)",
      "USE TEMP B-TREE FOR ORDER BY",
    ],
  },
];

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  const database = await openDatabase({ url: folder.databaseUrl() });
  await migrate(database);
  database.close();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Every statement that is prepared while something is asked, on a connection that has prepared nothing before. */
async function statementsOf(ask: (database: Database) => Promise<unknown>): Promise<string[]> {
  const database = await openDatabase({ url: folder.databaseUrl() });
  const prepare = vi.spyOn(Libsql.prototype, "prepare");
  try {
    await ask(database);
    return prepare.mock.calls.map(([sql]) => sql);
  } finally {
    prepare.mockRestore();
    database.close();
  }
}

/** How SQLite would run a statement (https://www.sqlite.org/eqp.html), a line for each loop. */
function planOf(sql: string): string[] {
  const connection = new Libsql(folder.databaseUrl().slice("file:".length));
  try {
    const rows: unknown[] = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all([]);
    return rows.map((row) => String((row as { detail: unknown }).detail));
  } finally {
    connection.close();
  }
}

it.each(asked)("$what: is found by an index, in its order", async ({ ask, uses, walks = [] }) => {
  const statements = await statementsOf(ask);
  expect(statements.length).toBeGreaterThan(0);
  // See connection-status.ts.
  for (const statement of statements) expect(statement).not.toMatch(/"status" <> \?/);
  const plan = statements.flatMap((sql) => planOf(sql));
  expect(plan.filter((line) => line.startsWith("SEARCH")).map((line) => line.replaceAll(/^SEARCH | LEFT-JOIN$/g, ""))).toEqual(uses);
  expect(plan.filter((line) => /^SCAN|^USE TEMP B-TREE/.test(line))).toEqual(walks);
});
