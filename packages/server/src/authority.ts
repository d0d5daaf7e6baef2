/**
 * What every deed is handed: the config, the store, the vault, the clock and the way out. Made once, by `createApp`.
 */
import type { RefreshSettings, RetentionSettings } from "@evergrant/schema";
import type { ApiKeyUses } from "./api-key-uses.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import type { EventFeed } from "./event-feed.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import type { Integrations } from "./integrations.ts";
import type { Metrics } from "./metrics.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { ProviderHealth } from "./provider-health.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { Flights } from "./single-flight.ts";
import type { Vault } from "./vault.ts";

export interface Authority {
  /** Without trailing slash; may carry a path. */
  readonly publicUrl: string;
  readonly returnOrigins: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Host names that may be reached though they are not public. */
  readonly privateHosts: readonly string[];
  readonly refresh: RefreshSettings;
  readonly retention: RetentionSettings;
  readonly timing: Timing;
  readonly integrations: Integrations;
  readonly database: Database;
  readonly vault: Vault;
  readonly fetch: GuardedFetch;
  /** Events as they are committed, by this process or another. */
  readonly feed: EventFeed;
  readonly audit: AuditLog;
  readonly apiKeyUses: ApiKeyUses;
  /** Whether the database is this deployment's own. */
  readonly deployment: Deployment;
  readonly now: () => Date;
  readonly log: Log;
  /** Which providers this process is not to ask for a while. */
  readonly health: ProviderHealth;
  readonly metrics: Metrics;
  /** How often a caller or an address may ask. */
  readonly rateLimits: RateLimits;
  /** Streams that this process is sending. */
  readonly openStreams: OpenStreams;
  /** Refreshes under way in this process, by connection. */
  readonly flights: Flights;
  /** Aborted when the app closes: what is under way ends, and nothing more is begun in the background. */
  readonly closing: AbortSignal;
  /** Keeps work alive behind an answer; null where the platform freezes it, so that a due token is refreshed before. */
  readonly workBehind: ((work: Promise<unknown>) => void) | null;
}

/** How long things may take, in milliseconds of real time. */
export interface Timing {
  /** A lease that is not renewed ends after this long, on the database's clock. */
  readonly leaseMs: number;
  readonly leaseRenewalMs: number;
  /** How long a caller is kept waiting for a refresh; the refresh itself goes on. */
  readonly patienceMs: number;
  /** Between two looks at a lease that another process holds: from, and growing to. */
  readonly pollFromMs: number;
  readonly pollToMs: number;
  /** How long `close` waits for refreshes under way. */
  readonly drainMs: number;
  /** Between two looks at the credential of a stream that is open. */
  readonly credentialCheckMs: number;
}

export const defaultTiming: Timing = {
  leaseMs: 30_000,
  leaseRenewalMs: 10_000,
  patienceMs: 10_000,
  pollFromMs: 50,
  pollToMs: 500,
  drainMs: 20_000,
  credentialCheckMs: 5_000,
};

/** Where a line goes: fields first, as pino has it. Fields hold ids and codes, never a secret or a thrown message. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
