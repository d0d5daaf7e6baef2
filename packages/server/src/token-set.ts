/**
 * A granted token set on its way into the store: when it expires, when it is due, and its seals.
 */
import type { AuthorizationServerFacts, RefreshSettings, Secret } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { TokenSet } from "./token-response.ts";
import type { SealedTokenSet } from "./token-sets-store.ts";
import { places } from "./vault.ts";

/** What a grant brought, with the moment its request was sent and the refresh token to go on with. */
export interface GrantedTokenSet {
  readonly tokenSet: TokenSet;
  readonly requestedAt: Date;
  /** Taken where the server sent none: it kept the old one (RFC 6749 §6). */
  readonly keptRefreshToken: { readonly token: Secret; readonly expiresAt: Date | null } | null;
}

/** The share of its lifetime that a token's margin may take at most. */
const largestMargin = 0.1;
/** How long before its refresh token would die of idleness a grant is refreshed at the latest: time to outlast an outage. */
const keepAliveMarginSeconds = 259_200;
/**
 * A refresh token with less to live is not kept alive for its own sake. Where a server's `refresh_token_expires_in` counts down to an
 * end that no refresh puts off, each one brings a tenth of the span before: this ends the series after a few.
 */
const leastKeptAliveMs = 600_000;

/**
 * Seals a token set at the generation that it will have.
 *
 * A server that gives no `expires_in` has its documented lifetime assumed; where there is none, the token does not expire as far
 * as anybody knows, and is refreshed only when a resource server refuses it.
 */
export function sealTokenSet(
  authority: Pick<Authority, "vault" | "refresh">,
  place: { connectionId: string; generation: number },
  granted: GrantedTokenSet,
  facts: AuthorizationServerFacts,
): SealedTokenSet {
  const { tokenSet, requestedAt } = granted;
  const expiresAt = later(requestedAt, tokenSet.expiresInSeconds ?? facts.accessTokenLifetimeSeconds);
  const refreshTokenExpiresAt = later(requestedAt, tokenSet.refreshTokenExpiresInSeconds ?? facts.refreshTokenLifetimeSeconds);
  // A kept one has been used, which starts its idle span anew; where nobody states a span, what was said of it before still holds.
  const refreshToken =
    tokenSet.refreshToken === null
      ? granted.keptRefreshToken && { ...granted.keptRefreshToken, expiresAt: refreshTokenExpiresAt ?? granted.keptRefreshToken.expiresAt }
      : { token: tokenSet.refreshToken, expiresAt: refreshTokenExpiresAt };
  return {
    accessToken: authority.vault.seal(tokenSet.accessToken.reveal(), places.accessToken(place.connectionId, place.generation)),
    tokenType: tokenSet.tokenType,
    requestedAt,
    expiresAt,
    refreshToken:
      refreshToken === null
        ? null
        : {
            token: authority.vault.seal(refreshToken.token.reveal(), places.refreshToken(place.connectionId, place.generation)),
            expiresAt: refreshToken.expiresAt,
          },
    dueAt:
      refreshToken === null
        ? null
        : nextRefreshAt(requestedAt, { expiresAt, refreshTokenExpiresAt: refreshToken.expiresAt }, authority.refresh),
  };
}

/**
 * When a token set that can be refreshed is due: for its access token's sake or for its refresh token's, whichever comes first; null
 * where neither has a known end.
 *
 * @internal Exported for its test.
 */
export function nextRefreshAt(
  requestedAt: Date,
  ends: { expiresAt: Date | null; refreshTokenExpiresAt: Date | null },
  settings: RefreshSettings,
): Date | null {
  const { expiresAt, refreshTokenExpiresAt } = ends;
  const ofAccess = expiresAt === null ? null : dueAt(requestedAt, expiresAt, settings);
  const keepsAlive = refreshTokenExpiresAt !== null && refreshTokenExpiresAt.getTime() - requestedAt.getTime() >= leastKeptAliveMs;
  const ofRefresh = keepsAlive
    ? dueAt(requestedAt, refreshTokenExpiresAt, { marginSeconds: keepAliveMarginSeconds, jitterSeconds: keepAliveMarginSeconds })
    : null;
  return ofAccess === null || ofRefresh === null ? (ofAccess ?? ofRefresh) : new Date(Math.min(ofAccess.getTime(), ofRefresh.getTime()));
}

/**
 * When a token becomes due: its margin before expiry, and up to `jitterSeconds` earlier at random.
 *
 * The margin is `marginSeconds`, or a tenth of the lifetime where that is shorter; the jitter is never more than the margin.
 *
 * @internal Exported for its test.
 */
export function dueAt(requestedAt: Date, expiresAt: Date, settings: RefreshSettings): Date {
  const marginMs = Math.min(settings.marginSeconds * 1000, (expiresAt.getTime() - requestedAt.getTime()) * largestMargin);
  const jitterMs = Math.random() * Math.min(settings.jitterSeconds * 1000, marginMs);
  return new Date(expiresAt.getTime() - marginMs - jitterMs);
}

function later(from: Date, seconds: number | null): Date | null {
  return seconds === null ? null : new Date(from.getTime() + seconds * 1000);
}
