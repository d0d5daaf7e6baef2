/**
 * JWTs of the host app's own identity provider (RFC 7519, RFC 8725): whoever brings one has a session's powers for the subject that it
 * names, until it expires.
 */
import { type IdentityProviderInput, identityProviderShape, subjectShape } from "@evergrant/schema";
import { type JWTPayload, type JWTVerifyOptions, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { Log } from "./authority.ts";
import type { Caller } from "./callers.ts";
import { sha256Hex } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { type KeySet, createSigningKeys, keysUnavailable } from "./signing-keys.ts";

/**
 * What a token may call itself (RFC 8725 §3.11): a JWT or an access token (RFC 9068 §2.1). The same issuer signs others, such as logout
 * tokens, that have a subject and an audience and stand for no session.
 */
const sessionTypes = /^(application\/)?(at\+)?jwt$/i;

export interface IdentityProvider {
  /**
   * Whom a token speaks for; null where it does not hold, for whatever reason.
   *
   * @throws {EvergrantError} `identity_provider_unavailable`: it may hold, and the keys that would tell cannot be read.
   */
  callerOf(token: string): Promise<Caller | null>;
}

/**
 * Makes the gate's view of an identity provider; nothing is asked before the first token.
 *
 * @throws {ZodError} the settings cannot be used.
 */
export function createIdentityProvider(
  input: IdentityProviderInput,
  parts: { fetch: GuardedFetch; now: () => Date; log: Log },
): IdentityProvider {
  const settings = identityProviderShape.parse(input);
  const { issuer, audience, algorithms, subjectClaim, clockToleranceSeconds } = settings;
  const keys = createSigningKeys(settings, parts);
  const algorithmNames: readonly string[] = algorithms;
  const options = (): JWTVerifyOptions => ({
    issuer,
    audience: [...audience],
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    currentDate: parts.now(),
    requiredClaims: ["exp", subjectClaim],
  });

  /** What anybody can read of a token: another issuer's or another algorithm's is no reason to ask for keys. */
  const isWorthATry = (token: string): boolean => {
    const { alg, typ } = decodeProtectedHeader(token);
    if (alg === undefined || !algorithmNames.includes(alg)) return false;
    return (typ === undefined || sessionTypes.test(typ)) && decodeJwt(token).iss === issuer;
  };
  const claimsOf = async (token: string): Promise<JWTPayload> => {
    const current = await keys.current();
    try {
      return await verify(token, current, options());
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const newer = await keys.newerThan(current);
      if (newer === null) throw error;
      return verify(token, newer, options());
    }
  };

  return {
    async callerOf(token) {
      try {
        if (!isWorthATry(token)) return null;
        const claims = await claimsOf(token);
        const subject = subjectShape.safeParse(claims[subjectClaim]).data;
        return subject === undefined || claims.exp === undefined ? null : toCaller(token, subject, claims.exp);
      } catch (error) {
        // jose's errors are about the token; a TypeError is what it throws for one that is none at all.
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
        if (error instanceof EvergrantError) throw error;
        parts.log.warn({ issuer, error: describeError(error) }, "a key of the identity provider cannot be used");
        throw keysUnavailable();
      }
    },
  };
}

/** Exactly a session's powers. The id tells of the token nothing but that it is the same one. */
function toCaller(token: string, subject: string, expiresAtSeconds: number): Caller {
  return {
    kind: "session",
    id: `jwt_${sha256Hex(token).slice(0, 16)}`,
    isStored: false,
    permissions: [],
    integrations: null,
    subjects: [subject],
    endsAt: new Date(expiresAtSeconds * 1000),
  };
}

async function verify(token: string, keys: KeySet, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    // Without a key id (RFC 7517 §4.5) each key of the right type may be the one.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const verified = await jwtVerify(token, key, options).catch((wrong: unknown) => {
        if (wrong instanceof errors.JWSSignatureVerificationFailed) return null;
        throw wrong;
      });
      if (verified !== null) return verified.payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}
