/**
 * What one try to refresh has come to, written into its row (design 4.4): a token set, the grant's end, or when to try again.
 */
import type { ReauthorizationReason, RefreshOutcome, Secret } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { AuthorizationServer, GrantResult } from "./authorization-server.ts";
import { findConnection } from "./connection-reads-store.ts";
import { describeError } from "./errors.ts";
import type { NewEvent } from "./events-store.ts";
import { canRetryAtOnce } from "./grant-outcome.ts";
import { isOfSubject } from "./id-token.ts";
import { type AcquiredLease, releaseLease } from "./leases-store.ts";
import { revokeLeftOver } from "./revocation-outbox.ts";
import { pause } from "./single-flight.ts";
import { sealTokenSet } from "./token-set.ts";
import type { TokenSetRow } from "./token-set-reads-store.ts";
import { commitDeadGrant, commitRefresh } from "./token-sets-store.ts";

const firstBackoffMs = 1_000;
const longestBackoffMs = 300_000;
/** How long before a token's expiry the one try is made whose refresh token may have been spent already. */
const lastChanceMs = 30_000;

/** One try under a lease, and the row as it was before. */
export interface Attempt {
  readonly authority: Authority;
  readonly acquired: AcquiredLease;
  readonly row: TokenSetRow;
  /** Whether an earlier try with this very refresh token may have spent it. */
  readonly outcomeUnknown: boolean;
}

/** Stores what came, trying again until it has landed or the connection's generation has moved on. */
export async function storeGranted(
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

/** Records that a grant has ended, and why: nothing is tried any more until the resource owner authorizes again. */
export async function endGrant(attempt: Attempt, reason: ReauthorizationReason): Promise<void> {
  const { authority, acquired } = attempt;
  const event = { ...eventOf(attempt, "connection.reauthorization_required", acquired.lease.generation), details: { reason } };
  authority.log.warn({ connectionId: acquired.lease.connectionId, integration: event.integrationId, reason }, "a grant has ended");
  authority.metrics.refreshed(attempt.row.connection.integrationId, "dead_grant");
  // Left unwritten, the lease runs out and the next owner hears the same from the provider.
  await unlessMoved(attempt, commitDeadGrant(authority.database, { lease: acquired.lease, reason, event }));
}

/** Records a try that brought nothing, and when the next one may be made. */
export async function giveUp(
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

/** Why a grant is dead of which the server says no more than that. */
export function reasonOfDeath(
  { authority, acquired, row, outcomeUnknown }: Attempt,
  { facts }: AuthorizationServer,
): ReauthorizationReason {
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

function eventOf({ authority, row }: Attempt, type: NewEvent["type"], generation: number): NewEvent & { connectionId: string } {
  const { id, integrationId, subject } = row.connection;
  return { type, at: authority.now(), integrationId, subject, connectionId: id, generation };
}
