/**
 * A granted token set on its way into the store: when it expires, when it is due, and its seals.
 */
import type { AuthorizationServerFacts, RefreshSettings } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import type { TokenSet } from "./token-response.ts";
import type { SealedTokenSet } from "./token-sets-store.ts";
import { places } from "./vault.ts";

/** What a grant brought, with the moment its request was sent and the refresh token to go on with. */
export interface GrantedTokenSet {
  readonly tokenSet: TokenSet;
  readonly requestedAt: Date;
  /** Taken where the server sent none: it kept the old one (RFC 6749 §6). */
  readonly keptRefreshToken: { readonly token: string; readonly expiresAt: Date | null } | null;
}

/** The share of its lifetime that a token's margin may take at most. */
const largestMargin = 0.1;

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
  const refreshToken =
    tokenSet.refreshToken === null
      ? granted.keptRefreshToken
      : {
          token: tokenSet.refreshToken,
          expiresAt: later(requestedAt, tokenSet.refreshTokenExpiresInSeconds ?? facts.refreshTokenLifetimeSeconds),
        };
  return {
    accessToken: authority.vault.seal(tokenSet.accessToken, places.accessToken(place.connectionId, place.generation)),
    tokenType: tokenSet.tokenType,
    requestedAt,
    expiresAt,
    refreshToken:
      refreshToken === null
        ? null
        : {
            token: authority.vault.seal(refreshToken.token, places.refreshToken(place.connectionId, place.generation)),
            expiresAt: refreshToken.expiresAt,
          },
    dueAt: refreshToken === null || expiresAt === null ? null : dueAt(requestedAt, expiresAt, authority.refresh),
  };
}

/**
 * When a token set becomes due: its margin before expiry, and up to `jitterSeconds` earlier at random.
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
