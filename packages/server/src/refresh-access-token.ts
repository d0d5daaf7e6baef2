/**
 * Refreshing one connection (design 4.4): the lease before the grant, one grant for each generation, and the result stored
 * before anything about it is judged.
 */
import { Secret } from "@evergrant/schema";
import { admitGrant, noteOutcome } from "./admit-grant.ts";
import { acting, begin } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { type AuthorizationServer, requestRefreshTokenGrant } from "./authorization-server.ts";
import { randomToken } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import { canRetryAtOnce } from "./grant-outcome.ts";
import type { ProviderKey } from "./provider-health.ts";
import { type Attempt, endGrant, giveUp, reasonOfDeath, storeGranted } from "./settle-refresh.ts";
import { type FlightResult, pause, settled } from "./single-flight.ts";
import { type AcquiredLease, type Lease, acquireLease, readSchedule, renewLease, returnLease } from "./leases-store.ts";
import { type TokenSetRow, readTokenSets } from "./token-set-reads-store.ts";
import { VaultError, places } from "./vault.ts";

/** When to ask again on a database that is not adopted. */
const foreignRetryMs = 5_000;

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

function isExpired(row: TokenSetRow, now: Date): boolean {
  const expiresAt = row.accessToken?.expiresAt ?? null;
  return row.accessToken === null || (expiresAt !== null && expiresAt <= now);
}
