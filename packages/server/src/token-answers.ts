/**
 * What a read of a token can answer (design 3.3): a token that is valid now, or why there is none and what to do next.
 */
import type { ReauthorizationReason, TokenAnswer, UnavailableReason } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { createConnectLink, unionOfScopes } from "./connect-link.ts";
import { EvergrantError } from "./errors.ts";
import type { Integration } from "./integrations.ts";
import type { AccessTokenRow, ConnectionReference, TokenSetRow } from "./token-set-reads-store.ts";
import { VaultError, places } from "./vault.ts";

/** How long a client may keep a token that a refresh elsewhere would end, or one whose refresh has just failed. */
const shortCacheSeconds = 5;
/** How long a client may keep a token without a known expiry. */
const unboundedCacheSeconds = 300;
/** When to ask again where nothing better is known. */
const defaultRetryMs = 5_000;

/**
 * Hands out the row's access token; where it has ended meanwhile or does not open, the answer that says so.
 *
 * @param stale Whether it is due and could not be refreshed.
 */
export async function activeAnswer(authority: Authority, integration: Integration, row: TokenSetRow, stale: boolean): Promise<TokenAnswer> {
  const { accessToken, connection, schedule } = row;
  const now = authority.now().getTime();
  const expiresAt = accessToken?.expiresAt ?? null;
  // Time went by since the row was judged: what has ended meanwhile is not handed out.
  if (accessToken === null || (expiresAt !== null && expiresAt.getTime() <= now))
    return unavailable(authority, row, unavailableReasonOf(row));
  try {
    const token = await authority.vault.openOrReload(accessToken.token, places.accessToken(connection.id, schedule.generation));
    return toActive(authority, integration, row, { ...accessToken, token }, stale);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return keyTrouble(authority, integration, row, error.code);
  }
}

/** The answer with an access token that is already unsealed. */
export function toActive(
  authority: Authority,
  integration: Integration,
  row: Pick<AccessTokenRow, "connection" | "schedule">,
  { token, tokenType, expiresAt }: { readonly token: string; readonly tokenType: string; readonly expiresAt: Date | null },
  stale: boolean,
): TokenAnswer {
  const { connection, schedule } = row;
  const now = authority.now().getTime();
  const remainingSeconds = expiresAt === null ? null : Math.floor((expiresAt.getTime() - now) / 1000);
  return {
    status: "active",
    connectionId: connection.id,
    accessToken: token,
    tokenType,
    expiresAt: expiresAt?.toISOString() ?? null,
    // Less than nothing only where it has ended since it was judged.
    expiresInSeconds: remainingSeconds === null ? null : Math.max(0, remainingSeconds),
    cacheSeconds: cacheSecondsOf(authority, integration, row, remainingSeconds, stale),
    scopes: [...connection.grantedScopes],
    generation: schedule.generation,
    stale,
    resource: integration.resource,
  };
}

function cacheSecondsOf(
  authority: Authority,
  integration: Integration,
  row: Pick<AccessTokenRow, "schedule">,
  remainingSeconds: number | null,
  stale: boolean,
): number {
  const short = stale || authority.integrations.refreshEndsAccessToken(integration);
  const untilDue =
    row.schedule.dueAt === null ? remainingSeconds : Math.floor((row.schedule.dueAt.getTime() - authority.now().getTime()) / 1000);
  return Math.max(
    0,
    Math.min(untilDue ?? unboundedCacheSeconds, remainingSeconds ?? unboundedCacheSeconds, short ? shortCacheSeconds : Infinity),
  );
}

/** A sealed token does not open: the subject must authorize again, or the key is to be waited for. */
export function keyTrouble(
  authority: Authority,
  integration: Integration,
  row: TokenSetRow,
  trouble: "secret_unreadable" | "key_unavailable",
): TokenAnswer {
  authority.log.error({ connectionId: row.connection.id, trouble }, "a sealed token does not open");
  return trouble === "key_unavailable"
    ? unavailable(authority, row, "key_unavailable")
    : reauthorizationRequired(authority, integration, row, "secret_unreadable");
}

/** Why there is no token, by what became of the last try to refresh it. */
export function unavailableReasonOf(row: TokenSetRow): UnavailableReason {
  const outcome = row.schedule.lastOutcome;
  return outcome === "rate_limited" || outcome === "misconfigured" ? outcome : "provider_unavailable";
}

/**
 * No token now, and none that the resource owner could do anything about.
 *
 * @param pausedUntil Until when its provider is not asked; null: the row, or a little while, says when to ask again.
 */
export function unavailable(
  authority: Authority,
  { connection, schedule }: TokenSetRow,
  reason: UnavailableReason,
  pausedUntil: Date | null = null,
): TokenAnswer {
  const soon = new Date(authority.now().getTime() + defaultRetryMs);
  const retryAt = pausedUntil ?? (schedule.retryAt !== null && schedule.retryAt > authority.now() ? schedule.retryAt : soon);
  return { status: "unavailable", connectionId: connection.id, reason, retryAt: retryAt.toISOString() };
}

/** The grant has ended: with a link to authorize anew, for every scope that was ever asked for or granted. */
export function reauthorizationRequired(
  authority: Authority,
  integration: Integration,
  { connection }: TokenSetRow,
  reason: ReauthorizationReason,
): TokenAnswer {
  const scopes = unionOfScopes(connection.requestedScopes, connection.grantedScopes);
  const link = createConnectLink(authority, {
    integrationId: integration.id,
    subject: connection.subject,
    connectionId: connection.id,
    scopes,
  });
  return { status: "reauthorization_required", connectionId: connection.id, reason, authorizeUrl: link.authorizeUrl };
}

/** The grant lacks scopes: with a link that asks for them beside those that it has. */
export function missingScopes(
  authority: Authority,
  integration: Integration,
  { connection }: TokenSetRow,
  missing: readonly string[],
): TokenAnswer {
  const scopes = unionOfScopes(connection.requestedScopes, connection.grantedScopes, missing);
  const link = createConnectLink(authority, {
    integrationId: integration.id,
    subject: connection.subject,
    connectionId: connection.id,
    scopes,
  });
  return {
    status: "missing_scopes",
    connectionId: connection.id,
    missingScopes: [...missing],
    grantedScopes: [...connection.grantedScopes],
    authorizeUrl: link.authorizeUrl,
  };
}

/**
 * There is no connection: with a link to make one.
 *
 * @throws {EvergrantError} `unknown_connection` where the reference is a connection's id; `unknown_integration`; as `complete` of `Integrations`.
 */
export async function notConnected(
  authority: Authority,
  reference: ConnectionReference | { integrationId: string; subject: string },
): Promise<TokenAnswer> {
  if ("connectionId" in reference) throw unknownConnection();
  const { integrationId, subject } = reference;
  const integration = await authority.integrations.find(integrationId);
  if (integration === null)
    throw new EvergrantError("unknown_integration", `integration: there is none named "${integrationId}"; integrations.list names them`);
  const { scopes } = await authority.integrations.complete(integration);
  const link = createConnectLink(authority, { integrationId, subject, connectionId: null, scopes });
  return { status: "not_connected", integration: integrationId, subject, authorizeUrl: link.authorizeUrl };
}

/** The same for a connection that is not there and for one out of the caller's reach. */
export function unknownConnection(): EvergrantError {
  return new EvergrantError("unknown_connection", "connectionId: there is no such connection");
}
