/**
 * Reading a token (design 3.3, 4.4): one statement and one unseal while it is fresh; refreshed behind the answer while it is due
 * and valid; refreshed before it when it has expired. An expired token is never handed out.
 */
import type { TokenAnswer } from "@evergrant/schema";
import { concerning } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { refuseUndeclaredScopes } from "./declared-scopes.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { Integration } from "./integrations.ts";
import { type Reach, reachesConnection } from "./reach.ts";
import { refreshAccessToken } from "./refresh-access-token.ts";
import { type FlightResult, withPatience } from "./single-flight.ts";
import { StoreError } from "./store-error.ts";
import {
  activeAnswer,
  keyTrouble,
  missingScopes,
  notConnected,
  reauthorizationRequired,
  toActive,
  unavailable,
  unavailableReasonOf,
  unknownConnection,
} from "./token-answers.ts";
import { type ConnectionReference, type TokenSetRow, readAccessTokens, readTokenSets } from "./token-set-reads-store.ts";
import { VaultError, places } from "./vault.ts";

export interface TokenRequest {
  readonly reference: ConnectionReference;
  /** A connection out of it is not there. */
  readonly reach: Reach;
  readonly minValiditySeconds?: number | undefined;
  readonly requireScopes?: readonly string[] | undefined;
  /** The generation that a resource server refused; a set of that generation is refreshed, whenever it is due. */
  readonly refusedGeneration?: number | undefined;
}

/** A set younger than this, or than a twentieth of its lifetime, is not refreshed again while it is valid. */
const youngMs = 10_000;
const youngShare = 0.05;
/** How often one read may fly: once, and once more where the first try's outcome is unknown and may be tried again at once. */
const flightsPerRead = 2;

/**
 * Answers for one connection: a token that is valid now, or why there is none and what to do next.
 *
 * @throws {EvergrantError} `unknown_integration`, `unknown_connection`, `several_connections`, `scope_not_declared`.
 */
export async function readAccessToken(authority: Authority, request: TokenRequest): Promise<TokenAnswer> {
  return (await freshAnswer(authority, request)) ?? fullAnswer(authority, request);
}

/**
 * The short way, which nearly all reads go: an active connection with a token that is not due takes one lean row. Null where anything
 * is otherwise; the long way begins anew and says what.
 */
async function freshAnswer(authority: Authority, request: TokenRequest): Promise<TokenAnswer | null> {
  if (request.minValiditySeconds !== undefined || request.refusedGeneration !== undefined) return null;
  const [row, another] = await readAccessTokens(authority.database, request.reference);
  if (row === undefined || another !== undefined || row.connection.status !== "active") return null;
  const { connection, schedule, accessToken } = row;
  concerning({ connectionId: connection.id, integrationId: connection.integrationId, subject: connection.subject });
  if (!reachesConnection(request.reach, connection)) return null;
  const integration = await authority.integrations.find(connection.integrationId);
  if (integration === null || !authority.integrations.isBoundTo(integration, connection)) return null;
  if ((await missingOf(authority, integration, connection, request)).length > 0) return null;
  const now = authority.now();
  if (accessToken === null || (schedule.dueAt !== null && schedule.dueAt <= now)) return null;
  if (accessToken.expiresAt !== null && accessToken.expiresAt <= now) return null;
  try {
    const token = await authority.vault.openOrReload(accessToken.token, places.accessToken(connection.id, schedule.generation));
    return toActive(authority, integration, row, { ...accessToken, token }, false);
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/** The scopes that are required and not granted; throws where one was never declared. */
async function missingOf(
  authority: Authority,
  integration: Integration,
  { grantedScopes }: { readonly grantedScopes: readonly string[] },
  { requireScopes }: TokenRequest,
): Promise<string[]> {
  if (requireScopes === undefined) return [];
  refuseUndeclaredScopes(await authority.integrations.complete(integration), "requireScopes", requireScopes);
  return authority.integrations.missingScopes(integration, requireScopes, grantedScopes);
}

async function fullAnswer(authority: Authority, request: TokenRequest): Promise<TokenAnswer> {
  const row = await readOne(authority, request);
  if (row === null) return notConnected(authority, request.reference);
  const { connection } = row;
  concerning({ connectionId: connection.id, integrationId: connection.integrationId, subject: connection.subject });
  if (!reachesConnection(request.reach, connection)) throw unknownConnection();
  if (connection.status === "disconnected") return notConnected(authority, connection);

  const integration = await authority.integrations.find(connection.integrationId);
  if (integration === null) return unavailable(authority, row, "misconfigured");
  if (!authority.integrations.isBoundTo(integration, connection))
    return reauthorizationRequired(authority, integration, row, "client_changed");
  await missingOf(authority, integration, connection, request); // an undeclared scope is the caller's fault, whatever the connection's state
  return answerFor(authority, integration, row, request);
}

async function answerFor(authority: Authority, integration: Integration, first: TokenSetRow, request: TokenRequest): Promise<TokenAnswer> {
  let row = first;
  for (let flights = 0; ; flights += 1) {
    const { connection, schedule } = row;
    if (connection.status === "disconnected") return notConnected(authority, connection);
    if (connection.status === "reauthorization_required") {
      return reauthorizationRequired(authority, integration, row, connection.reason ?? "grant_revoked");
    }
    const missing = authority.integrations.missingScopes(integration, request.requireScopes ?? [], connection.grantedScopes);
    if (missing.length > 0) return missingScopes(authority, integration, row, missing);

    // Refused where it is to be used, and nothing here to renew it with. Not stored: one caller's word does not end a connection.
    if (request.refusedGeneration === schedule.generation && !row.hasRefreshToken) {
      return reauthorizationRequired(authority, integration, row, "no_refresh_token");
    }
    const need = needOf(authority, integration, row, request);
    if (need === "none") return activeAnswer(authority, integration, row, false);
    const waiting = schedule.retryAt !== null && schedule.retryAt > authority.now();
    if (need === "refreshed_before") {
      if (waiting || flights === flightsPerRead) return unavailable(authority, row, unavailableReasonOf(row));
    } else {
      if (waiting || flights === flightsPerRead) return activeAnswer(authority, integration, row, schedule.failures > 0);
      if (need === "refreshed_behind" && authority.workBehind !== null) {
        refreshBehind(authority, row);
        return activeAnswer(authority, integration, row, false);
      }
    }

    const result = await withPatience(flyOrFail(authority, row, need), authority.timing.patienceMs);
    if (result?.kind === "paused") {
      return need === "refreshed_before"
        ? unavailable(authority, row, result.pause.reason, result.pause.until)
        : activeAnswer(authority, integration, row, true);
    }
    if (result !== null && result.kind !== "settled" && need === "refreshed_before")
      return keyTrouble(authority, integration, row, result.kind);
    const generation = schedule.generation;
    row = (await readOne(authority, { ...request, reference: { connectionId: connection.id } })) ?? row;
    if (row.schedule.generation === generation && result?.kind !== "settled") {
      // Patience is over, or the refresh token does not open, and the token is as it was: the refresh goes on without this caller.
      return need === "refreshed_before"
        ? unavailable(authority, row, unavailableReasonOf(row))
        : activeAnswer(authority, integration, row, true);
    }
  }
}

/**
 * What has to happen before or behind an answer:
 * `refreshed_before`: there is no valid token · `refreshed_first`: there is one, but the caller wants a newer ·
 * `refreshed_behind`: there is one, and it is due.
 */
type Need = "none" | "refreshed_behind" | "refreshed_first" | "refreshed_before";

function needOf(authority: Authority, integration: Integration, row: TokenSetRow, request: TokenRequest): Need {
  const { accessToken, schedule } = row;
  const now = authority.now().getTime();
  if (accessToken === null) return "refreshed_before";
  const expiresAt = accessToken.expiresAt?.getTime() ?? null;
  if (expiresAt !== null && expiresAt <= now) return "refreshed_before";
  // Valid, with nothing to renew it: it is what there is, until it ends.
  if (!row.hasRefreshToken) return "none";
  const lifetimeMs = (expiresAt ?? Infinity) - accessToken.requestedAt.getTime();
  const ageMs = now - accessToken.requestedAt.getTime();
  const youthMs = Math.max(
    youngMs,
    expiresAt === null ? 0 : lifetimeMs * youngShare,
    authority.integrations.leastAgeSeconds(integration) * 1000,
  );
  if (ageMs < youthMs) return "none";
  if (request.refusedGeneration === schedule.generation) return "refreshed_first";
  // A wish that not even a token fresh from the server fulfils must not spend one refresh after another.
  const wishedMs = (request.minValiditySeconds ?? 0) * 1000;
  if (expiresAt !== null && expiresAt - now < wishedMs && wishedMs < lifetimeMs) return "refreshed_first";
  if (schedule.dueAt === null || schedule.dueAt.getTime() > now) return "none";
  // Where a refresh ends the token before it, nobody may be left holding that one.
  return authority.integrations.refreshEndsAccessToken(integration) ? "refreshed_first" : "refreshed_behind";
}

function fly(authority: Authority, row: TokenSetRow): Promise<FlightResult> {
  const { id, integrationId, authority: issuer } = row.connection;
  const target = { connectionId: id, generation: row.schedule.generation, provider: { integrationId, authority: issuer } };
  return authority.flights.run(id, () => refreshAccessToken(authority, target));
}

/** A flight; one that fails for want of the store costs nobody a token that is valid. */
async function flyOrFail(authority: Authority, row: TokenSetRow, need: Need): Promise<FlightResult | null> {
  try {
    return await fly(authority, row);
  } catch (error) {
    if (need === "refreshed_before" || !(error instanceof StoreError)) throw error;
    authority.log.warn({ connectionId: row.connection.id, error: describeError(error) }, "a valid token was not refreshed");
    return null;
  }
}

function refreshBehind(authority: Authority, row: TokenSetRow): void {
  const flight = fly(authority, row).catch((error: unknown) => {
    authority.log.error({ connectionId: row.connection.id, error: describeError(error) }, "a refresh behind an answer failed");
  });
  authority.workBehind?.(flight);
}

async function readOne(authority: Authority, { reference }: Pick<TokenRequest, "reference">): Promise<TokenSetRow | null> {
  const rows = await readTokenSets(authority.database, reference);
  const [row, another] = rows;
  if (another !== undefined) {
    const ids = rows.map(({ connection }) => connection.id).join(", ");
    throw new EvergrantError(
      "several_connections",
      `connectionId: this subject has several connections there (${ids}); name one, or an accountId`,
    );
  }
  return row ?? null;
}
