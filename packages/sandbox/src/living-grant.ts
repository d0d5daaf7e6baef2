/**
 * How a grant is told to those who watch the sandbox: whose it is and what it allows; tokens appear as fingerprints only.
 */
import { createHash } from "node:crypto";
import type { AdapterPayload } from "oidc-provider";

/** A grant that still works: its newest refresh token or an access token would be accepted now. */
export interface LivingGrant {
  /** The authorization server's name for it; no secret, and no use to a client. */
  grantId: string;
  account: string;
  clientId: string;
  scopes: string[];
  startedAt: Date;
  /** SHA-256 of the newest refresh token that would be accepted, in hex; null where the grant has none. */
  refreshTokenFingerprint: string | null;
}

interface Described {
  grantId: string;
  grant: AdapterPayload;
  startedAt: Date;
  /** The newest one that works. */
  refreshToken: string | undefined;
}

/** A grant as its watchers see it. */
export function describeGrant({ grantId, grant, startedAt, refreshToken }: Described): LivingGrant {
  return {
    grantId,
    account: grant.accountId ?? "",
    clientId: grant.clientId ?? "",
    scopes: scopesOfGrant(grant),
    startedAt,
    refreshTokenFingerprint: refreshToken === undefined ? null : fingerprint(refreshToken),
  };
}

/** oidc-provider keeps a grant's scopes, and those that were refused, in members that its adapter type does not name. */
export function scopesOfGrant({ openid, rejected }: AdapterPayload): string[] {
  const refused = new Set(scopesIn(isRecord(rejected) ? rejected.openid : undefined));
  return scopesIn(openid).filter((scope) => !refused.has(scope));
}

/** SHA-256 in hex: names a token without being one. */
export function fingerprint(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function scopesIn(value: unknown): string[] {
  return isRecord(value) && typeof value.scope === "string" ? value.scope.split(" ") : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
