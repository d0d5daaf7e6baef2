/**
 * A provider with strict rotation that knows what every connection holds: a refresh token is good once, and the newest access token
 * is the only right answer.
 */
import type { GuardedFetch } from "@evergrant/server";

export interface Provider {
  readonly fetch: GuardedFetch;
  /** Which token set a connection is at, from 1. */
  at(index: number): number;
  /** Refresh tokens that were spent a second time. */
  readonly reused: () => number;
  readonly grants: () => number;
}

export const integration = {
  provider: { authorizationEndpoint: "https://provider.example.com/authorize", tokenEndpoint: "https://provider.example.com/token" },
  clientId: "evergrant",
  clientSecret: "a-secret-of-this-rotation-alone",
  scopes: ["read"],
};

export const accessTokenOf = (index: number, set: number) => `access-${index}-${set}`;
const refreshTokenOf = (index: number, set: number) => `refresh-${index}-${set}`;

/** A provider at which `count` subjects have granted access. */
export function startProvider(count: number): Provider {
  const sets = new Uint32Array(count).fill(1);
  let [grants, reused] = [0, 0];
  return {
    at: (index) => sets[index] ?? 0,
    grants: () => grants,
    reused: () => reused,
    fetch: async (_url, init) => {
      const [, index = "", set = ""] = /^refresh-(\d+)-(\d+)$/.exec(new URLSearchParams(init.body).get("refresh_token") ?? "") ?? [];
      if (sets[Number(index)] !== Number(set)) {
        reused += 1;
        return Response.json({ error: "invalid_grant" }, { status: 400 });
      }
      grants += 1;
      const next = Number(set) + 1;
      sets[Number(index)] = next;
      return Response.json({
        access_token: accessTokenOf(Number(index), next),
        refresh_token: refreshTokenOf(Number(index), next),
        token_type: "Bearer",
        expires_in: 86_400,
      });
    },
  };
}

/** The grants as another store would export them, for `evergrant import`. */
export async function* exportedLines(count: number, expiresAt: Date): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) {
    const line = {
      integration: "acme",
      subject: `subject-${index}`,
      account: { id: String(index) },
      accessToken: accessTokenOf(index, 1),
      refreshToken: refreshTokenOf(index, 1),
      expiresAt: expiresAt.toISOString(),
      scopes: ["read"],
    };
    yield Buffer.from(`${JSON.stringify(line)}\n`);
  }
}
