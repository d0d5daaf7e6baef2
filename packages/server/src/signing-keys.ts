/**
 * The public keys of the host app's identity provider (RFC 7517): read through the guarded fetch when one is needed, kept for minutes,
 * and read again when a token names one that is not among them, at most twice a minute however many tokens do.
 */
import type { IdentityProviderSettings } from "@evergrant/schema";
import { type JSONWebKeySet, createLocalJWKSet } from "jose";
import { z } from "zod";
import type { Log } from "./authority.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";

/** What jose picks a token's key from. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

export interface SigningKeys {
  /**
   * The keys, at most ten minutes old; an hour at most while they cannot be read again.
   *
   * @throws {EvergrantError} `identity_provider_unavailable`.
   */
  current(): Promise<KeySet>;
  /**
   * Keys that were read after these, for a token whose key is not among them; null where these were read within the last 30 seconds.
   *
   * @throws {EvergrantError} `identity_provider_unavailable`: there may be newer ones, and they cannot be read.
   */
  newerThan(keys: KeySet): Promise<KeySet | null>;
}

const freshMs = 10 * 60_000;
const staleMs = 60 * 60_000;
/** Between two readings that tokens with unknown keys cause. */
const rereadMs = 30_000;
/** After a reading that failed. */
const pauseMs = 5_000;
const deadlineMs = 5_000;

// A token without a key id is tried with every key, so there must not be many.
const keySetShape = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(64) });
const discoveryShape = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Makes the keeper of one provider's keys; nothing is read yet. */
export function createSigningKeys(
  { issuer, jwksUrl }: Pick<IdentityProviderSettings, "issuer" | "jwksUrl">,
  { fetch, now, log }: { fetch: GuardedFetch; now: () => Date; log: Log },
): SigningKeys {
  let known: { readonly keys: KeySet; readonly readAtMs: number } | null = null;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<KeySet> | null = null;

  const readOnce = async (): Promise<KeySet> => {
    try {
      const keys = createLocalJWKSet(await readSigningKeys({ issuer, jwksUrl }, fetch));
      known = { keys, readAtMs: now().getTime() };
      return keys;
    } catch (error) {
      failedAtMs = now().getTime();
      const why = error instanceof EvergrantError ? error.message : describeError(error);
      log.warn({ issuer, error: why }, "the keys of the identity provider could not be read");
      throw keysUnavailable();
    } finally {
      reading = null;
    }
  };
  const read = (): Promise<KeySet> => {
    if (reading !== null) return reading;
    if (now().getTime() - failedAtMs < pauseMs) return Promise.reject(keysUnavailable());
    return (reading = readOnce());
  };

  return {
    async current() {
      const ageMs = known === null ? Number.POSITIVE_INFINITY : now().getTime() - known.readAtMs;
      if (known !== null && ageMs < freshMs) return known.keys;
      const { keys } = known ?? {};
      return read().catch((error: unknown) => {
        if (keys !== undefined && ageMs < staleMs) return keys;
        throw error;
      });
    },
    async newerThan(keys) {
      if (known !== null && known.keys !== keys) return known.keys;
      if (known !== null && now().getTime() - known.readAtMs < rereadMs) return null;
      return read();
    },
  };
}

/**
 * Reads the keys once.
 *
 * @throws {EvergrantError} `identity_provider_unavailable`: what came is not them.
 * @throws {TransportError} nothing came.
 */
export async function readSigningKeys(
  { issuer, jwksUrl }: Pick<IdentityProviderSettings, "issuer" | "jwksUrl">,
  fetch: GuardedFetch,
): Promise<JSONWebKeySet> {
  const url = jwksUrl ?? (await discoverJwksUrl(fetch, issuer));
  const { data } = keySetShape.safeParse(await readJson(fetch, url));
  if (data === undefined) throw unusable(url, "is no set of at most 64 keys (RFC 7517 §5)");
  return data;
}

/** OpenID Connect Discovery 1.0 §4: the document must be the issuer's own. */
async function discoverJwksUrl(fetch: GuardedFetch, issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { data } = discoveryShape.safeParse(await readJson(fetch, url));
  if (data === undefined) throw unusable(url, "is no discovery document with issuer and jwks_uri");
  if (data.issuer !== issuer) throw unusable(url, `is the document of another issuer, ${data.issuer.slice(0, 200)}`);
  return data.jwks_uri;
}

async function readJson(fetch: GuardedFetch, url: string): Promise<unknown> {
  const response = await fetch(url, { method: "GET", headers: { accept: "application/json" }, deadlineMs });
  if (response.status !== 200) throw unusable(url, `is answered with status ${response.status}`);
  return response.json().catch(() => {
    throw unusable(url, "is not JSON");
  });
}

function unusable(url: string, what: string): EvergrantError {
  return new EvergrantError("identity_provider_unavailable", `${url} ${what}`);
}

/** What is answered for a token that may hold. */
export function keysUnavailable(): EvergrantError {
  return new EvergrantError("identity_provider_unavailable", "the keys of the identity provider cannot be read at present; try again");
}
