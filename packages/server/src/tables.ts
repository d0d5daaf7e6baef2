/**
 * The rows. Secrets are `Ciphertext`, which only the vault makes; instants are milliseconds of the process clock,
 * but leases run on the database's own clock, in seconds (`…OnDatabaseClock`).
 */
import type {
  ActorKind,
  ConnectionStatus,
  DataKeyReason,
  DeliveryError,
  DeliveryState,
  EventType,
  Permission,
  ReauthorizationReason,
  RefreshOutcome,
  ScopeLedgerKind,
  WebhookDisabledReason,
  WebhookView,
} from "@evergrant/schema";
import { sql } from "drizzle-orm";
import { customType, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Captured } from "./placeholders.ts";
import type { PauseReason } from "./provider-health.ts";
import type { Ciphertext } from "./ciphertext.ts";

const ciphertext = customType<{ data: Ciphertext; driverData: ArrayBuffer | Uint8Array }>({
  dataType: () => "blob",
  toDriver: (sealed) => sealed,
  // Bytes that the database gives back were sealed before they went in: the column takes nothing else.
  fromDriver: (bytes) => new Uint8Array(bytes) as Ciphertext,
});
const bytes = customType<{ data: Uint8Array; driverData: ArrayBuffer | Uint8Array }>({
  dataType: () => "blob",
  toDriver: (value) => value,
  fromDriver: (value) => new Uint8Array(value),
});
const instant = (name: string) => integer(name, { mode: "timestamp_ms" });
const list = <Word extends string = string>(name: string) => text(name, { mode: "json" }).$type<readonly Word[]>();

/** Keys that seal rows, each wrapped by a key-encryption key; and one that seals nothing, behind keyed digests. */
export const dataKeys = sqliteTable(
  "data_keys",
  {
    id: text("id").primaryKey(),
    keyEncryptionKeyId: text("key_encryption_key_id").notNull(),
    wrapped: bytes("wrapped").notNull(),
    createdAt: instant("created_at").notNull(),
    /** How often it has sealed, as far as processes have reported it. */
    sealCount: integer("seal_count").notNull().default(0),
    /** `rotation`: somebody wants all rows under it. `digest`: seals nothing, and stays when others are retired. */
    madeFor: text("made_for").$type<DataKeyReason>().notNull().default("sealing"),
  },
  (table) => [
    uniqueIndex("data_keys_digest")
      .on(table.madeFor)
      .where(sql`made_for = 'digest'`),
  ],
);

/** Integrations put at run time; those of the config file are not here. */
export const integrations = sqliteTable("integrations", {
  id: text("id").primaryKey(),
  /** The definition without client id and secret, as JSON. */
  definition: text("definition", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  clientId: ciphertext("client_id").notNull(),
  clientSecret: ciphertext("client_secret"),
  /** Moves with every change and is part of what the seals are bound to. */
  revision: integer("revision").notNull(),
  updatedAt: instant("updated_at").notNull(),
});

/** One opening of a connect link: what is to be known when the authorization response comes. */
export const authorizationRequests = sqliteTable(
  "authorization_requests",
  {
    /** SHA-256 of `state`, hex; the state itself is nowhere. */
    stateHash: text("state_hash").primaryKey(),
    integrationId: text("integration_id").notNull(),
    subject: text("subject").notNull(),
    connectionId: text("connection_id"),
    scopes: list("scopes").notNull(),
    /** Null where the provider takes no PKCE. */
    codeVerifier: ciphertext("code_verifier"),
    /** SHA-256 of the browser's cookie, hex. */
    browserHash: text("browser_hash").notNull(),
    /** What the grant will be bound to: see `connections`. */
    authority: text("authority").notNull(),
    clientHash: text("client_hash").notNull(),
    redirectUri: text("redirect_uri").notNull(),
    returnTo: text("return_to"),
    openerOrigin: text("opener_origin"),
    /** A response that came as a form post, kept for the GET that follows it. */
    response: ciphertext("response"),
    expiresAt: instant("expires_at").notNull(),
    consumedAt: instant("consumed_at"),
    /** Whether the connection to renew may come to belong to another account. */
    allowAccountChange: integer("allow_account_change", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    index("authorization_requests_expires_at").on(table.expiresAt),
    index("authorization_requests_subject").on(table.subject, table.integrationId, table.expiresAt),
  ],
);

/** A finished flow that nobody has confirmed yet: unreadable, not refreshed, revoked if it stays so. */
export const unconfirmedGrants = sqliteTable(
  "unconfirmed_grants",
  {
    /** SHA-256 of the confirmation, hex. */
    confirmationHash: text("confirmation_hash").primaryKey(),
    /** The connection that this grant renews, or will be. */
    connectionId: text("connection_id").notNull(),
    integrationId: text("integration_id").notNull(),
    subject: text("subject").notNull(),
    /** The token set and all else that the connection will hold, as JSON. */
    grant: ciphertext("grant").notNull(),
    /** Until when it can be confirmed. */
    confirmBy: instant("confirm_by").notNull(),
    /** From when on its tokens are revoked and forgotten. */
    revokeAt: instant("revoke_at").notNull(),
  },
  (table) => [index("unconfirmed_grants_revoke_at").on(table.revokeAt)],
);

/** One subject's grant at one integration for one provider account; holds no secret. */
export const connections = sqliteTable(
  "connections",
  {
    id: text("id").primaryKey(),
    integrationId: text("integration_id").notNull(),
    subject: text("subject").notNull(),
    accountId: text("account_id"),
    accountLabel: text("account_label"),
    /** The issuer, or the origin of the token endpoint where there is none: the refresh token is sent nowhere else. */
    authority: text("authority").notNull(),
    /** SHA-256 of the client id that the grant was given to, hex. */
    clientHash: text("client_hash").notNull(),
    requestedScopes: list("requested_scopes").notNull(),
    grantedScopes: list("granted_scopes").notNull(),
    /** What was kept of the flow beside the tokens, such as a `realmId`; nothing secret. */
    captured: text("captured", { mode: "json" }).$type<Captured>().notNull(),
    /** When the resource owner last consented. */
    grantedAt: instant("granted_at").notNull(),
    status: text("status").$type<ConnectionStatus>().notNull(),
    reason: text("reason").$type<ReauthorizationReason>(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    /** The `sub` of the ID token that the grant came with, once that was validated; null where none was. */
    idTokenSubject: text("id_token_subject"),
  },
  (table) => [
    // One connection for each provider account of a subject, however many flows end at once.
    uniqueIndex("connections_account")
      .on(table.integrationId, table.subject, table.accountId)
      .where(sql`status <> 'disconnected'`),
    index("connections_integration_subject").on(table.integrationId, table.subject, table.accountId),
    index("connections_subject").on(table.subject, table.id),
    index("connections_provider_account").on(table.accountId, table.authority),
    index("connections_integration").on(table.integrationId, table.id),
    index("connections_status")
      .on(table.status, table.id)
      .where(sql`status <> 'active'`),
  ],
);

export const accessTokens = sqliteTable("access_tokens", {
  connectionId: text("connection_id").primaryKey(),
  token: ciphertext("token").notNull(),
  tokenType: text("token_type").notNull(),
  /** When it was asked for: a lifetime counts from here. */
  requestedAt: instant("requested_at").notNull(),
  expiresAt: instant("expires_at"),
});

/** Apart from the access tokens, under a key purpose of their own: only refresh and revocation open them. */
export const refreshTokens = sqliteTable("refresh_tokens", {
  connectionId: text("connection_id").primaryKey(),
  token: ciphertext("token").notNull(),
  expiresAt: instant("expires_at"),
});

/** One row for each connection from its birth: when it is due, who refreshes it, and what came of it. */
export const refreshSchedule = sqliteTable(
  "refresh_schedule",
  {
    connectionId: text("connection_id").primaryKey(),
    /** `ended`: no refresh is tried any more. */
    state: text("state").$type<"active" | "ended">().notNull(),
    /** Counts token sets: moves when one is stored, or ended by disconnect or reconnect. Part of every seal. */
    generation: integer("generation").notNull(),
    /** Null where there is nothing to refresh with, or no known expiry. */
    dueAt: instant("due_at"),
    leaseOwner: text("lease_owner"),
    /** Moves at each acquisition; in no seal. */
    leaseEpoch: integer("lease_epoch").notNull().default(0),
    leaseExpiresOnDatabaseClock: real("lease_expires_on_database_clock"),
    /** Set once by whoever finds the lease expired: its owner then has a last while to renew it, if it lives. */
    leaseOverdue: integer("lease_overdue", { mode: "boolean" }).notNull().default(false),
    /** Set before a grant is sent, cleared with its outcome: left standing, it means that nobody knows. */
    sentOnDatabaseClock: real("sent_on_database_clock"),
    /** Whether an earlier try with this generation's refresh token may have spent it. */
    outcomeUnknown: integer("outcome_unknown", { mode: "boolean" }).notNull().default(false),
    retryAt: instant("retry_at"),
    failures: integer("failures").notNull().default(0),
    lastOutcome: text("last_outcome").$type<RefreshOutcome>(),
    lastRefreshAt: instant("last_refresh_at"),
    /** Which flight stored the current generation: how a writer whose answer was lost learns that it landed. */
    committedBy: text("committed_by"),
  },
  (table) => [index("refresh_schedule_due_at").on(table.state, table.dueAt)],
);

/** Providers that nobody is to ask for a while, by what some process has learnt; a row is gone once one has succeeded. */
export const providerHealth = sqliteTable(
  "provider_health",
  {
    integrationId: text("integration_id").notNull(),
    authority: text("authority").notNull(),
    pausedUntil: instant("paused_until").notNull(),
    pauseReason: text("pause_reason").$type<PauseReason>().notNull(),
    /** In a row, which sets how long the next pause is. */
    failures: integer("failures").notNull(),
    /** Whether the integration is at fault, and has been told of. */
    misconfigured: integer("misconfigured", { mode: "boolean" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.integrationId, table.authority] })],
);

/** What happened, append-only: ids are given in the batch that makes the change, so their order is commit order. */
export const events = sqliteTable(
  "events",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    type: text("type").$type<EventType>().notNull(),
    at: instant("at").notNull(),
    /** Null for what concerns no integration. */
    integrationId: text("integration_id"),
    /** Null for what concerns no subject. */
    subject: text("subject"),
    connectionId: text("connection_id"),
    /** Not null, which makes an event the guard of its batch: see `events-store.ts`. */
    generation: integer("generation").notNull(),
    details: text("details", { mode: "json" }).$type<Record<string, string | number | boolean | string[]>>().notNull(),
  },
  (table) => [index("events_connection").on(table.connectionId, table.id), index("events_subject").on(table.subject, table.id)],
);

/** The outbox of revocations: tokens that are gone from their connection and still live at the provider. */
export const revocations = sqliteTable(
  "revocations",
  {
    id: text("id").primaryKey(),
    /** Null where no connection came of the grant. */
    connectionId: text("connection_id"),
    integrationId: text("integration_id").notNull(),
    subject: text("subject").notNull(),
    /** What the grant is bound to: see `connections`. */
    authority: text("authority").notNull(),
    clientHash: text("client_hash").notNull(),
    /** Access token and refresh token, as JSON. */
    tokens: ciphertext("tokens").notNull(),
    attempts: integer("attempts").notNull().default(0),
    dueAt: instant("due_at").notNull(),
    /** From when on no more is tried. */
    giveUpAt: instant("give_up_at").notNull(),
    leaseOwner: text("lease_owner"),
    leaseExpiresOnDatabaseClock: real("lease_expires_on_database_clock"),
  },
  (table) => [index("revocations_due_at").on(table.dueAt)],
);

/** Where messages about events are posted. */
export const webhookEndpoints = sqliteTable("webhook_endpoints", {
  id: text("id").primaryKey(),
  url: text("url").notNull(),
  /** Null: all types. */
  eventTypes: list<EventType>("event_types"),
  /** Null: all integrations, and events of none. */
  integrations: list("integrations"),
  secret: ciphertext("secret").notNull(),
  /** Counts secrets; part of both seals. */
  secretGeneration: integer("secret_generation").notNull(),
  /** Signs beside the new secret until its time is over. */
  previousSecret: ciphertext("previous_secret"),
  previousSecretUntil: instant("previous_secret_until"),
  /** Deliveries are written of every event up to this id. */
  cursor: integer("cursor").notNull(),
  state: text("state").$type<WebhookView["state"]>().notNull(),
  disabledReason: text("disabled_reason").$type<WebhookDisabledReason>(),
  /** Failures in a row that are the endpoint's rather than a message's. */
  failures: integer("failures").notNull().default(0),
  failingSince: instant("failing_since"),
  /** Nothing is sent before. */
  resumeAt: instant("resume_at"),
  createdAt: instant("created_at").notNull(),
});

/** The outbox of webhooks: one row for each event at each endpoint that wants it. */
export const webhookDeliveries = sqliteTable(
  "webhook_deliveries",
  {
    /** The `webhook-id`: made of event and endpoint, so that an event has one delivery at an endpoint, however often it is written. */
    id: text("id").primaryKey(),
    endpointId: text("endpoint_id").notNull(),
    eventId: integer("event_id").notNull(),
    /** Messages with the same one are delivered in order: the connection, or else the integration or endpoint. */
    orderedBy: text("ordered_by").notNull(),
    state: text("state").$type<DeliveryState>().notNull(),
    attempts: integer("attempts").notNull().default(0),
    dueAt: instant("due_at").notNull(),
    firstAttemptAt: instant("first_attempt_at"),
    lastAttemptAt: instant("last_attempt_at"),
    lastStatus: integer("last_status"),
    lastError: text("last_error").$type<DeliveryError>(),
    leaseOwner: text("lease_owner"),
    leaseExpiresOnDatabaseClock: real("lease_expires_on_database_clock"),
  },
  (table) => [
    index("webhook_deliveries_due_at").on(table.endpointId, table.state, table.dueAt),
    index("webhook_deliveries_order").on(table.endpointId, table.orderedBy, table.state, table.eventId),
    index("webhook_deliveries_event").on(table.endpointId, table.eventId),
  ],
);

/** What was asked for and what was granted, each time that it was something else than before. */
export const scopeLedger = sqliteTable(
  "scope_ledger",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    connectionId: text("connection_id").notNull(),
    /** `requested` and `granted` at a connect, `returned` by a refresh. */
    kind: text("kind").$type<ScopeLedgerKind>().notNull(),
    scopes: list("scopes").notNull(),
    at: instant("at").notNull(),
    /** When a refresh last returned these same scopes. */
    lastAt: instant("last_at").notNull(),
  },
  (table) => [index("scope_ledger_connection").on(table.connectionId, table.id)],
);

export const apiKeys = sqliteTable("api_keys", {
  id: text("id").primaryKey(),
  /** SHA-256 of the whole key, hex. */
  hash: text("hash").notNull(),
  name: text("name").notNull(),
  permissions: list<Permission>("permissions").notNull(),
  /** Null: all integrations. */
  integrations: list("integrations"),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at"),
  revokedAt: instant("revoked_at"),
  /** Null: all subjects. */
  subjects: list("subjects"),
  /** To the minute: see `api-key-uses.ts`. */
  lastUsedAt: instant("last_used_at"),
});

/** Credentials of subjects' browsers, for minutes. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    /** SHA-256 of the whole token, hex. */
    hash: text("hash").notNull(),
    subject: text("subject").notNull(),
    /** Null: all integrations. */
    integrations: list("integrations"),
    /** The API key that made it, and whose end is its own; or another caller's id. */
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    revokedAt: instant("revoked_at"),
  },
  (table) => [
    index("sessions_subject").on(table.subject),
    index("sessions_created_by").on(table.createdBy),
    index("sessions_expires_at").on(table.expiresAt),
  ],
);

/** Who did what: written by those who do it, then chained by the sealer (`seal-audit.ts`). */
export const audit = sqliteTable(
  "audit",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    at: instant("at").notNull(),
    /** Later than `at` where the row stands for several reads. */
    lastAt: instant("last_at").notNull(),
    count: integer("count").notNull(),
    action: text("action").notNull(),
    outcome: text("outcome").notNull(),
    actorKind: text("actor_kind").$type<ActorKind>().notNull(),
    actorId: text("actor_id"),
    /** A keyed hash: the subject itself is not here, so that nothing has to be changed when they are forgotten. */
    subjectHash: text("subject_hash"),
    integrationId: text("integration_id"),
    connectionId: text("connection_id"),
    address: text("address"),
    requestId: text("request_id"),
    details: text("details", { mode: "json" }).$type<Record<string, string | number | boolean | string[]>>().notNull(),
    /** What further reads of the same kind and minute are counted by; null for all else, and from when the row is about to be sealed. */
    mergeKey: text("merge_key"),
    /** Null until it is sealed. */
    chain: text("chain"),
  },
  (table) => [
    index("audit_at").on(table.at),
    index("audit_connection").on(table.connectionId, table.id),
    index("audit_subject").on(table.subjectHash, table.id),
    index("audit_actor").on(table.actorId, table.id),
    uniqueIndex("audit_merge_key").on(table.mergeKey),
  ],
);

/** The two ends of the audit log's chain; one row, `main`. */
export const auditChain = sqliteTable("audit_chain", {
  id: text("id").$type<"main">().primaryKey(),
  /** The last row that is sealed, how many ever were, its chain value, and the proof that the sealer wrote this. */
  headId: integer("head_id").notNull(),
  headCount: integer("head_count").notNull(),
  headChain: text("head_chain").notNull(),
  headProof: text("head_proof").notNull(),
  /** The same of the last row that retention has removed. */
  anchorId: integer("anchor_id").notNull(),
  anchorCount: integer("anchor_count").notNull(),
  anchorChain: text("anchor_chain").notNull(),
  anchorProof: text("anchor_proof").notNull(),
  leaseOwner: text("lease_owner"),
  leaseExpiresOnDatabaseClock: real("lease_expires_on_database_clock"),
});

/** Which deployment this database belongs to; one row, `main`. */
export const deployment = sqliteTable("deployment", {
  id: text("id").$type<"main">().primaryKey(),
  /** Random, and anew with each adoption. */
  name: text("name").notNull(),
  publicUrl: text("public_url").notNull(),
  createdAt: instant("created_at").notNull(),
  adoptedAt: instant("adopted_at"),
});

/** Subjects whose forgetting has begun and not ended: whoever finds one goes on with it. */
export const forgettings = sqliteTable("forgettings", {
  subject: text("subject").primaryKey(),
  requestedAt: instant("requested_at").notNull(),
});
