/**
 * What the authorization server remembers, in memory: grants, codes and tokens, each with its own expiry on the sandbox's clock.
 * oidc-provider asks through adapters; rotation's grace period and the atomic spending of a token are decided here.
 */
import { errors, type Adapter, type AdapterPayload } from "oidc-provider";
import type { Clock } from "./clock.ts";
import { describeGrant, scopesOfGrant, type LivingGrant } from "./living-grant.ts";

/** What becomes of a refresh token that was spent: it ends its family when used again, at once or after a while, or is never spent at all. */
export type Rotation = "strict" | "grace" | "none";

export interface Store {
  adapter: (model: string) => Adapter;
  /** Whether the family that this refresh token belongs to still has one that works. Spends nothing. */
  isAlive: (refreshToken: string) => boolean;
  livingGrants: (account?: string) => LivingGrant[];
  /** The grant that a refresh or access token belongs to. */
  grantOf: (token: string) => string | undefined;
  /** The grants of an account, dead ones too. */
  grantsOfAccount: (account: string) => string[];
  /** Ends a grant with everything issued from it. */
  revokeGrant: (grantId: string) => void;
  /** Ends access tokens only, as a provider may at any time; null for everyone's. */
  endAccessTokens: (account: string | null) => void;
  /** What a grant allows; nothing if there is no such grant. */
  scopesOf: (grantId: string) => string[];
  /** Takes scopes away from a grant and from its tokens, as an administrator might between the request and the answer. */
  narrowGrant: (grantId: string, scopes: string[]) => void;
}

interface Row {
  model: string;
  id: string;
  payload: AdapterPayload;
  issuedAtMs: number;
  expiresAtMs: number;
  consumedAtMs: number | null;
}

interface StoreOptions {
  clock: Clock;
  /** How long a spent refresh token is still accepted; 0 under strict rotation. */
  graceSeconds: number;
  /** Whether a refresh token grant ends the access tokens that came before it. */
  refreshEndsAccessToken: boolean;
}

/** An empty store. */
export function createStore({ clock, graceSeconds, refreshEndsAccessToken }: StoreOptions): Store {
  const rows = new Map<string, Row>();
  const keysOfGrant = new Map<string, Set<string>>();

  const remove = (key: string) => {
    const grantId = rows.get(key)?.payload.grantId;
    rows.delete(key);
    if (grantId !== undefined) keysOfGrant.get(grantId)?.delete(key);
  };
  const rowsOfGrant = (grantId: string, model: string) =>
    [...(keysOfGrant.get(grantId) ?? [])].flatMap((key) => rows.get(key) ?? []).filter((row) => row.model === model);
  const removeOfGrant = (grantId: string, model: string) => {
    for (const row of rowsOfGrant(grantId, model)) remove(keyOf(row.model, row.id));
  };
  const revokeGrant = (grantId: string) => {
    for (const key of keysOfGrant.get(grantId) ?? []) remove(key);
    keysOfGrant.delete(grantId);
    remove(keyOf("Grant", grantId));
  };

  const isOver = (row: Row) => row.expiresAtMs <= clock.nowMs();
  const isSpent = (row: Row) => {
    if (row.consumedAtMs === null) return false;
    const graceMs = row.model === "RefreshToken" ? graceSeconds * 1000 : 0;
    return clock.nowMs() - row.consumedAtMs >= graceMs;
  };
  const works = (row: Row) => !isOver(row) && !isSpent(row);
  const newestRefreshToken = (grantId: string) => rowsOfGrant(grantId, "RefreshToken").findLast(works);
  const grantIsThere = (grantId: string) => {
    const grant = rows.get(keyOf("Grant", grantId));
    return grant !== undefined && !isOver(grant);
  };
  const grantOf = (token: string) => (rows.get(keyOf("RefreshToken", token)) ?? rows.get(keyOf("AccessToken", token)))?.payload.grantId;
  const grantRows = () => [...rows.values()].filter((row) => row.model === "Grant");

  const adapter = (model: string): Adapter => ({
    async upsert(id, payload, expiresInSeconds) {
      const key = keyOf(model, id);
      // The grant may have ended while its token was being made: such a token is born dead.
      if (payload.grantId !== undefined && !rows.has(keyOf("Grant", payload.grantId))) return;
      rows.set(key, {
        model,
        id,
        payload,
        issuedAtMs: payload.iat === undefined ? clock.nowMs() : clock.fromProviderSeconds(payload.iat),
        expiresAtMs: expiresInSeconds === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() + expiresInSeconds * 1000,
        consumedAtMs: rows.get(key)?.consumedAtMs ?? null,
      });
      if (payload.grantId === undefined) return;
      const keys = keysOfGrant.get(payload.grantId) ?? new Set();
      keysOfGrant.set(payload.grantId, keys.add(key));
    },
    async find(id) {
      const row = rows.get(keyOf(model, id));
      return row === undefined ? undefined : asTheProviderSeesIt(row, isSpent(row), clock);
    },
    async consume(id) {
      const row = rows.get(keyOf(model, id));
      const grantId = row?.payload.grantId;
      if (row === undefined || grantId === undefined) throw new errors.InvalidGrant("token not found");
      // oidc-provider looks, waits and then consumes: two requests at once would both find the token unspent. The second spending is a reuse.
      if (isSpent(row)) {
        revokeGrant(grantId);
        throw new errors.InvalidGrant("token already used");
      }
      row.consumedAtMs ??= clock.nowMs();
      if (model === "RefreshToken" && refreshEndsAccessToken) removeOfGrant(grantId, "AccessToken");
    },
    async destroy(id) {
      remove(keyOf(model, id));
    },
    async revokeByGrantId(grantId) {
      removeOfGrant(grantId, model);
    },
    // Sessions are not kept (one browser may connect many accounts) and there is no device flow.
    async findByUid() {},
    async findByUserCode() {},
  });

  return {
    adapter,
    grantOf,
    revokeGrant,
    isAlive: (refreshToken) => {
      const grantId = rows.get(keyOf("RefreshToken", refreshToken))?.payload.grantId;
      return grantId !== undefined && grantIsThere(grantId) && newestRefreshToken(grantId) !== undefined;
    },
    livingGrants: (account) =>
      grantRows()
        .filter((row) => !isOver(row) && (account === undefined || row.payload.accountId === account))
        .flatMap((row) => {
          const refreshToken = newestRefreshToken(row.id);
          if (refreshToken === undefined && !rowsOfGrant(row.id, "AccessToken").some(works)) return [];
          return [
            describeGrant({ grantId: row.id, grant: row.payload, startedAt: new Date(row.issuedAtMs), refreshToken: refreshToken?.id }),
          ];
        }),
    grantsOfAccount: (account) => grantRows().flatMap((row) => (row.payload.accountId === account ? [row.id] : [])),
    endAccessTokens: (account) => {
      for (const row of rows.values()) {
        if (row.model === "AccessToken" && (account === null || row.payload.accountId === account)) remove(keyOf(row.model, row.id));
      }
    },
    scopesOf: (grantId) => scopesOfGrant(rows.get(keyOf("Grant", grantId))?.payload ?? {}),
    narrowGrant: (grantId, scopes) => {
      const grant = rows.get(keyOf("Grant", grantId));
      const scope = scopes.join(" ");
      if (grant !== undefined) grant.payload.openid = { scope };
      for (const row of [...rowsOfGrant(grantId, "AccessToken"), ...rowsOfGrant(grantId, "RefreshToken")]) row.payload.scope = scope;
    },
  };
}

function keyOf(model: string, id: string): string {
  return `${model}:${id}`;
}

function asTheProviderSeesIt(row: Row, spent: boolean, clock: Clock): AdapterPayload {
  const { consumed: _, ...payload } = row.payload;
  return {
    ...payload,
    ...(payload.iat === undefined ? {} : { iat: clock.toProviderSeconds(row.issuedAtMs) }),
    ...(Number.isFinite(row.expiresAtMs) ? { exp: clock.toProviderSeconds(row.expiresAtMs) } : {}),
    ...(spent && row.consumedAtMs !== null ? { consumed: clock.toProviderSeconds(row.consumedAtMs) } : {}),
  };
}
