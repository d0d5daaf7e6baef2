/**
 * What a personality has issued: codes, grants and tokens, by the clock that it is handed.
 */
import { randomUUID } from "node:crypto";

export interface Grant {
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  /** RFC 7636 §4.2, S256; null where the request brought none. */
  readonly codeChallenge: string | null;
  /** Whether a refresh token was asked for in the provider's way. */
  readonly offline: boolean;
  /** Which of the provider's origins holds the grant, where it has several. */
  readonly home: string | null;
  /** Ended by its owner, by a revocation, or by the reuse of a token. */
  ended: boolean;
}

export interface AccessToken {
  readonly value: string;
  readonly grant: Grant;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
  readonly longLived: boolean;
  ended: boolean;
}

interface RefreshToken {
  readonly value: string;
  readonly grant: Grant;
  spent: boolean;
}

/** Tokens on their way to the client. */
export interface Issued {
  readonly accessToken: string;
  /** Null where none is issued, or the one before stays. */
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number | null;
  readonly grant: Grant;
}

export interface Ledger {
  /** Notes a consent; the result is its authorization code. */
  consent: (grant: Omit<Grant, "ended">) => string;
  /** Whether anybody has consented before. */
  hasConsented: () => boolean;
  /** A code works once and for ten minutes. */
  redeem: (code: string) => Grant | null;
  issue: (grant: Grant, options: { lifetimeSeconds: number | null; withRefreshToken: boolean; longLived?: boolean }) => Issued;
  /** An access token that works; null for any other. */
  accessToken: (value: string) => AccessToken | null;
  /** The grant of a refresh token that works; null for any other. */
  refreshToken: (value: string) => Grant | null;
  spend: (refreshToken: string) => void;
  endAccessTokens: (grant: Grant) => void;
  /** The grants that have not ended. */
  living: () => Grant[];
  endAll: () => number;
}

const codeLifetimeMs = 600_000;

export function createLedger(now: () => Date): Ledger {
  const codes = new Map<string, { grant: Grant; untilMs: number }>();
  const grants: Grant[] = [];
  const accessTokens = new Map<string, AccessToken>();
  const refreshTokens = new Map<string, RefreshToken>();
  const nowMs = () => now().getTime();
  const living = () => grants.filter(({ ended }) => !ended);

  return {
    consent: (fields) => {
      const grant = { ...fields, ended: false };
      const code = `code-${randomUUID()}`;
      grants.push(grant);
      codes.set(code, { grant, untilMs: nowMs() + codeLifetimeMs });
      return code;
    },
    hasConsented: () => grants.length > 0,
    redeem: (code) => {
      const found = codes.get(code);
      codes.delete(code);
      return found === undefined || found.grant.ended || found.untilMs <= nowMs() ? null : found.grant;
    },
    issue: (grant, { lifetimeSeconds, withRefreshToken, longLived = false }) => {
      const accessToken = `access-${randomUUID()}`;
      const expiresAtMs = lifetimeSeconds === null ? null : nowMs() + lifetimeSeconds * 1000;
      accessTokens.set(accessToken, { value: accessToken, grant, issuedAtMs: nowMs(), expiresAtMs, longLived, ended: false });
      const refreshToken = withRefreshToken ? `refresh-${randomUUID()}` : null;
      if (refreshToken !== null) refreshTokens.set(refreshToken, { value: refreshToken, grant, spent: false });
      return { accessToken, refreshToken, expiresInSeconds: lifetimeSeconds, grant };
    },
    accessToken: (value) => {
      const found = accessTokens.get(value);
      const works = found !== undefined && !found.ended && !found.grant.ended && (found.expiresAtMs ?? Infinity) > nowMs();
      return works ? found : null;
    },
    refreshToken: (value) => {
      const found = refreshTokens.get(value);
      return found === undefined || found.spent || found.grant.ended ? null : found.grant;
    },
    spend: (value) => {
      const found = refreshTokens.get(value);
      if (found !== undefined) found.spent = true;
    },
    endAccessTokens: (grant) => {
      for (const token of accessTokens.values()) if (token.grant === grant) token.ended = true;
    },
    living,
    endAll: () => {
      const ending = living();
      for (const grant of ending) grant.ended = true;
      return ending.length;
    },
  };
}
