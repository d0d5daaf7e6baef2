/**
 * Refreshing one connection (design 4.4): the lease before the grant, one grant for each generation, and the result stored
 * before anything about it is judged.
 */
import { type ReauthorizationReason, type RefreshOutcome, Secret } from "@evergrant/schema";
import { admitGrant, noteOutcome } from "./admit-grant.ts";
import { acting, begin } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { type AuthorizationServer, type GrantResult, requestRefreshTokenGrant } from "./authorization-server.ts";
import { findConnection } from "./connections-store.ts";
import { randomToken } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { NewEvent } from "./events-store.ts";
import { canRetryAtOnce } from "./grant-outcome.ts";
import { isOfSubject } from "./id-token.ts";
import type { ProviderKey } from "./provider-health.ts";
import { revokeLeftOver } from "./revocation-outbox.ts";
import { type FlightResult, pause, settled } from "./single-flight.ts";
import { sealTokenSet } from "./token-set.ts";
import { type AcquiredLease, type Lease, acquireLease, readSchedule, releaseLease, renewLease, returnLease } from "./leases-store.ts";
import { type TokenSetRow, readTokenSets } from "./token-set-reads-store.ts";
import { commitDeadGrant, commitRefresh } from "./token-sets-store.ts";
import { VaultError, places } from "./vault.ts";

const firstBackoffMs = 1_000;
/** When to ask again on a database that is not adopted. */
const foreignRetryMs = 5_000;
const longestBackoffMs = 300_000;
/** How long before a token's expiry the one try is made whose refresh token may have been spent already. */
const lastChanceMs = 30_000;

/** The token set to refresh, and whom its refresh token belongs to. */
export interface RefreshTarget {
  readonly connectionId: string;
  readonly generation: number;
  readonly provider: ProviderKey;
}

/**
 * Sees to it that a generation is refreshed, or that somebody has tried: by this process or by the one that holds the lease.
 *
 * Resolves when the row says what became of it, or at once where the provider is not to be asked now. Callers then read the row; many
 * may share one call (`Flights`).
 */
export async function refreshAccessToken(authority: Authority, target: RefreshTarget): Promise<FlightResult> {
  return acting(begin({ action: "refresh" }), () => fly(authority, target));
}

async function fly(authority: Authority, target: RefreshTarget): Promise<FlightResult> {
  if ((await authority.deployment.foreignUrl()) !== null) {
    return { kind: "paused", pause: { reason: "misconfigured", until: new Date(authority.now().getTime() + foreignRetryMs) } };
  }
  const forbidden = await admitGrant(authority, target.provider);
  if (forbidden !== null) return { kind: "paused", pause: forbidden };
  const owner = randomToken(16);
  const { pollFromMs, pollToMs } = authority.timing;
  const terms = await termsOf(authority, target.provider);
  for (let waitMs = pollFromMs; ; waitMs = Math.min(waitMs * 2, pollToMs)) {
    const acquired = await acquireOrLeave(authority, { ...target, owner, ...terms });
    if (acquired !== null) {
      const stopRenewing = keepLease(authority, acquired.lease, terms);
      const startedMs = performance.now();
      if (acquired.abandonedWhileSending) authority.metrics.leaseTakenOver(target.provider.integrationId);
      try {
        return await spendRefreshToken(authority, acquired, target.provider);
      } finally {
        stopRenewing();
        authority.metrics.refreshTook(target.provider.integrationId, (performance.now() - startedMs) / 1000);
      }
    }
    // Somebody else has it: look on without writing until the row has moved, waits, or is free again.
    for (;;) {
      const schedule = await readSchedule(authority.database, target.connectionId);
      if (schedule === null || schedule.generation !== target.generation || schedule.state !== "active") return settled;
      if (schedule.retryAt !== null && schedule.retryAt > authority.now()) return settled;
      if (schedule.leaseIsFree) break;
      await pause(waitMs * (0.5 + Math.random() / 2));
      waitMs = Math.min(waitMs * 2, pollToMs);
    }
  }
}

/** How long a lease lasts, how often it is renewed, and how long its owner has once it is overdue. */
interface LeaseTerms {
  readonly leaseMs: number;
  readonly renewalMs: number;
  readonly overdueMs: number;
}

/** The lease's terms; shorter where a provider's grace period would otherwise be over before a dead owner's lease is. */
async function termsOf({ integrations, timing }: Authority, { integrationId }: ProviderKey): Promise<LeaseTerms> {
  const server = (await integrations.find(integrationId))?.server;
  const rotation = server?.kind === "facts" ? server.facts.rotation : null;
  const longestMs = rotation?.mode === "grace" ? (rotation.graceSeconds * 1000) / 3 : Number.POSITIVE_INFINITY;
  const leaseMs = Math.min(timing.leaseMs, longestMs);
  const renewalMs = Math.min(timing.leaseRenewalMs, leaseMs / 3);
  return { leaseMs, renewalMs, overdueMs: renewalMs * 2 };
}

async function acquireOrLeave(
  authority: Authority,
  request: RefreshTarget & LeaseTerms & { owner: string },
): Promise<AcquiredLease | null> {
  try {
    return await acquireLease(authority.database, { ...request, now: authority.now() });
  } catch (error) {
    // The answer may have been lost on a lease that was taken: left so, nobody could try until it has run out. Whether an earlier owner
    // had left a grant behind was in that answer, so it counts as unknown.
    const schedule = await readSchedule(authority.database, request.connectionId).catch(() => null);
    if (schedule?.leaseOwner === request.owner) {
      await returnLease(authority.database, { ...request, epoch: schedule.leaseEpoch }, true).catch(() => undefined);
    }
    throw error;
  }
}

/** Renews a lease for as long as its flight lasts, until what came of it is stored; returns what ends it. */
function keepLease(authority: Authority, lease: Lease, { leaseMs, renewalMs }: LeaseTerms): () => void {
  const renewal = setInterval(() => {
    // A renewal that fails only lets the lease run out: the commit does not depend on it.
    renewLease(authority.database, lease, leaseMs).catch((error: unknown) => {
      authority.log.warn({ connectionId: lease.connectionId, error: describeError(error) }, "lease not renewed");
    });
  }, renewalMs);
  return () => clearInterval(renewal);
}

/** One try under a lease: from the sealed refresh token to what the row says afterwards. */
async function spendRefreshToken(authority: Authority, acquired: AcquiredLease, provider: ProviderKey): Promise<FlightResult> {
  const { lease } = acquired;
  const row = (await readTokenSets(authority.database, lease))[0];
  if (row === undefined || row.schedule.generation !== lease.generation) {
    await returnLease(authority.database, lease, acquired.abandonedWhileSending);
    return settled;
  }
  const attempt: Attempt = { authority, acquired, row, outcomeUnknown: acquired.abandonedWhileSending || acquired.schedule.outcomeUnknown };
  if (acquired.refreshToken === null) {
    if (isExpired(row, authority.now())) await endGrant(attempt, "no_refresh_token");
    else await returnLease(authority.database, lease, false);
    return settled;
  }

  const server = await serverOf(attempt);
  if (server === null) return settled;
  // Whoever held this lease before may have spent the token. Where the server would punish that, nothing is tried while the
  // access token lives: the answer to the one try left may be that the grant is dead.
  if (acquired.abandonedWhileSending && !canRetryAtOnce(server.facts) && !isExpired(row, authority.now())) {
    await giveUp(attempt, { outcome: "outcome_unknown", error: null, retryAfterSeconds: null }, server);
    return settled;
  }

  let refreshToken: Secret;
  try {
    const place = places.refreshToken(lease.connectionId, lease.generation);
    refreshToken = new Secret(await authority.vault.openOrReload(acquired.refreshToken.token, place));
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    await returnLease(authority.database, lease, acquired.abandonedWhileSending);
    return { kind: error.code };
  }

  const { grantedScopes: scopes, captured } = row.connection;
  const result = await requestRefreshTokenGrant(server, { refreshToken, scopes, captured });
  if (result.kind === "failed" && result.endpointGone) await doubtMetadata(attempt);
  if (result.kind === "granted")
    await storeGranted(attempt, server, result, { token: refreshToken, expiresAt: acquired.refreshToken.expiresAt });
  else if (result.outcome === "dead_grant") await endGrant(attempt, reasonOfDeath(attempt, server));
  else await giveUp(attempt, result, server);
  await noteOutcome(authority, provider, {
    connectionId: lease.connectionId,
    ...(result.kind === "granted" ? { outcome: "refreshed", retryAfterSeconds: null } : result),
  });
  return settled;
}

interface Attempt {
  readonly authority: Authority;
  readonly acquired: AcquiredLease;
  readonly row: TokenSetRow;
  /** Whether an earlier try with this very refresh token may have spent it. */
  readonly outcomeUnknown: boolean;
}

/** The server that this grant belongs to; null where it cannot be asked now, which is then in the row. */
async function serverOf(attempt: Attempt): Promise<AuthorizationServer | null> {
  const { authority, row } = attempt;
  try {
    const integration = await authority.integrations.find(row.connection.integrationId);
    if (integration !== null && authority.integrations.isBoundTo(integration, row.connection)) {
      return await authority.integrations.serverOf(integration, row.connection.captured.origin);
    }
    // No integration, or one with another client: the refresh token goes nowhere, and the connection is not to blame.
    await giveUp(attempt, { outcome: "misconfigured", error: null, retryAfterSeconds: null }, null);
  } catch (error) {
    if (!(error instanceof EvergrantError)) throw error;
    await giveUp(attempt, { outcome: "provider_unavailable", error: null, retryAfterSeconds: null }, null);
  }
  return null;
}

/** What the issuer says of itself is read anew before the next try. */
async function doubtMetadata({ authority, row }: Attempt): Promise<void> {
  const integration = await authority.integrations.find(row.connection.integrationId);
  if (integration !== null) authority.integrations.doubt(integration);
}

/** Stores what came, trying again until it has landed or the connection's generation has moved on. */
async function storeGranted(
  attempt: Attempt,
  server: AuthorizationServer,
  granted: Extract<GrantResult, { kind: "granted" }>,
  keptRefreshToken: { token: Secret; expiresAt: Date | null },
): Promise<void> {
  const { authority, acquired, row } = attempt;
  const { lease } = acquired;
  const generation = lease.generation + 1;
  const grantedScopes = granted.tokenSet.scopes ?? row.connection.grantedScopes;
  const isStrangers = isAnotherSubjects(attempt, server, granted);
  const lost = row.connection.grantedScopes.filter((scope) => !grantedScopes.includes(scope));
  for (let tries = 1; ; tries += 1) {
    try {
      // Sealed at each try: what refused the one before may have been that its data key is retired.
      const set = sealTokenSet(authority, { connectionId: lease.connectionId, generation }, { ...granted, keptRefreshToken }, server.facts);
      await commitRefresh(authority.database, {
        lease,
        set,
        grantedScopes,
        returnedScopes: granted.tokenSet.scopes,
        scopesChanged: new Set([...grantedScopes, ...row.connection.grantedScopes]).size !== grantedScopes.length || lost.length > 0,
        event: eventOf(attempt, "connection.refreshed", generation),
        more: lost.length === 0 ? [] : [{ ...eventOf(attempt, "connection.scopes_narrowed", generation), details: { lostScopes: lost } }],
        end: isStrangers ? endOfStrangers(attempt, generation) : null,
      });
      authority.metrics.refreshed(row.connection.integrationId, "refreshed");
      return;
    } catch (error) {
      const now = await findConnection(authority.database, lease.connectionId).catch(() => "unreadable" as const);
      if (now === "unreadable") {
        authority.log.error(
          { connectionId: lease.connectionId, tries, error: describeError(error) },
          "a granted token set is not stored yet",
        );
      } else if (now !== null && now.generation === lease.generation) {
        authority.log.warn({ connectionId: lease.connectionId, tries, error: describeError(error) }, "storing a granted token set again");
      } else {
        if (now?.committedBy !== lease.owner) await letGo(attempt, granted, now === null || now.connection.status === "disconnected");
        return;
      }
      await pause(backoffMs(tries, 10_000));
      await authority.vault.ring.reloadIfDue().catch(() => undefined);
    }
  }
}

/**
 * Whether what a refresh brought is another's: its ID token names another subject than the one that the grant was given with. That must
 * not happen (OpenID Connect Core §12.2), and where it does nobody gets that access token.
 */
function isAnotherSubjects({ row }: Attempt, server: AuthorizationServer, { idToken }: Extract<GrantResult, { kind: "granted" }>): boolean {
  const { idTokenSubject } = row.connection;
  return idToken !== null && idTokenSubject !== null && !isOfSubject(server, idToken, idTokenSubject);
}

function endOfStrangers(attempt: Attempt, generation: number) {
  const { id: connectionId, integrationId: integration } = attempt.row.connection;
  attempt.authority.log.error({ connectionId, integration }, "a refresh brought another account's tokens, which are kept from everybody");
  const reason: ReauthorizationReason = "grant_revoked";
  const details = { reason, why: "another_subject" };
  return { reason, event: { ...eventOf(attempt, "connection.reauthorization_required", generation), details } };
}

/** The connection moved on, or is forgotten, while the grant was under way: what came is revoked after a disconnect, and dropped otherwise. */
async function letGo(
  { authority, acquired, row }: Attempt,
  { tokenSet }: Extract<GrantResult, { kind: "granted" }>,
  disconnected: boolean,
): Promise<void> {
  authority.log.info({ connectionId: acquired.lease.connectionId, revoked: disconnected }, "a refresh came too late for its connection");
  // Dropped and not revoked after a reconnection: at many providers a revocation would end the new grant as well.
  if (disconnected) await revokeLeftOver(authority, { ...row.connection, connectionId: row.connection.id }, tokenSet);
}

async function endGrant(attempt: Attempt, reason: ReauthorizationReason): Promise<void> {
  const { authority, acquired } = attempt;
  const event = { ...eventOf(attempt, "connection.reauthorization_required", acquired.lease.generation), details: { reason } };
  authority.log.warn({ connectionId: acquired.lease.connectionId, integration: event.integrationId, reason }, "a grant has ended");
  authority.metrics.refreshed(attempt.row.connection.integrationId, "dead_grant");
  // Left unwritten, the lease runs out and the next owner hears the same from the provider.
  await unlessMoved(attempt, commitDeadGrant(authority.database, { lease: acquired.lease, reason, event }));
}

/** Records a try that brought nothing, and when the next one may be made. */
async function giveUp(
  attempt: Attempt,
  failure: { outcome: Exclude<RefreshOutcome, "refreshed">; error: string | null; retryAfterSeconds: number | null },
  server: AuthorizationServer | null,
): Promise<void> {
  const { authority, acquired, row } = attempt;
  const failures = row.schedule.failures + 1;
  const outcomeUnknown = attempt.outcomeUnknown || failure.outcome === "outcome_unknown";
  const retryAt = nextTryAt(attempt, failure, server, failures);
  authority.log.warn(
    { connectionId: acquired.lease.connectionId, integration: row.connection.integrationId, outcome: failure.outcome, failures, retryAt },
    "a refresh failed",
  );
  authority.metrics.refreshed(row.connection.integrationId, failure.outcome);
  const event = {
    ...eventOf(attempt, "connection.refresh_failed", acquired.lease.generation),
    details: { outcome: failure.outcome, ...(failure.error === null ? {} : { error: failure.error }), retryAt: retryAt.toISOString() },
  };
  await unlessMoved(
    attempt,
    releaseLease(authority.database, { lease: acquired.lease, outcome: failure.outcome, outcomeUnknown, retryAt, failures, event }),
  );
}

function nextTryAt(
  { authority, acquired, row }: Attempt,
  failure: { outcome: RefreshOutcome; retryAfterSeconds: number | null },
  server: AuthorizationServer | null,
  failures: number,
): Date {
  const now = authority.now();
  if (failure.outcome === "outcome_unknown" && !acquired.schedule.outcomeUnknown) {
    const expiresAt = row.accessToken?.expiresAt ?? null;
    const safe = server !== null && canRetryAtOnce(server.facts);
    const lastChance = expiresAt === null ? null : new Date(expiresAt.getTime() - lastChanceMs);
    // Inside a grace period, or with no expiry to wait for: at once. Otherwise while the access token still has some life.
    if (safe || lastChance === null || lastChance <= now) return now;
    return lastChance;
  }
  const delayMs = Math.max(backoffMs(failures, longestBackoffMs), (failure.retryAfterSeconds ?? 0) * 1000);
  return new Date(now.getTime() + delayMs);
}

/** Exponential backoff with full jitter, never less than a quarter of a second. */
function backoffMs(failures: number, longestMs: number): number {
  return 250 + Math.random() * Math.min(firstBackoffMs * 2 ** Math.min(failures - 1, 20), longestMs);
}

function reasonOfDeath({ authority, acquired, row, outcomeUnknown }: Attempt, { facts }: AuthorizationServer): ReauthorizationReason {
  if (outcomeUnknown) return "refresh_outcome_lost";
  const { grantLifetimeSeconds } = facts;
  const grantEndsMs = grantLifetimeSeconds === null ? null : row.connection.grantedAt.getTime() + grantLifetimeSeconds * 1000;
  const endsMs = [acquired.refreshToken?.expiresAt?.getTime() ?? null, grantEndsMs];
  return endsMs.some((ms) => ms !== null && ms <= authority.now().getTime()) ? "grant_expired" : "grant_revoked";
}

/** Awaits a conditional write; where the condition no longer held, what the row now says stands. */
async function unlessMoved({ authority, acquired }: Attempt, write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    authority.log.info(
      { connectionId: acquired.lease.connectionId, error: describeError(error) },
      "the outcome of a refresh was not recorded",
    );
  }
}

function isExpired(row: TokenSetRow, now: Date): boolean {
  const expiresAt = row.accessToken?.expiresAt ?? null;
  return row.accessToken === null || (expiresAt !== null && expiresAt <= now);
}

function eventOf({ authority, row }: Attempt, type: NewEvent["type"], generation: number): NewEvent & { connectionId: string } {
  const { id, integrationId, subject } = row.connection;
  return { type, at: authority.now(), integrationId, subject, connectionId: id, generation };
}
