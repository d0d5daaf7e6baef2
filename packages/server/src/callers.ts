/**
 * Callers: who an `Authorization` header speaks for, and what a credential looks like.
 */
import type { Permission } from "@evergrant/schema";
import { type ApiKeyRow, findApiKey } from "./api-keys-store.ts";
import type { Database } from "./database.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import { isDigest, randomToken, sha256, sha256Hex } from "./digests.ts";
import { type Reach, everything } from "./reach.ts";
import { type SessionRow, findSession } from "./sessions-store.ts";

/**
 * - `bootstrap`: the key from the environment, which is in no table.
 * - `api_key`: a backend.
 * - `session`: one subject's browser, with a session's token or a JWT; what it may do is in `authorization.ts`, and it has no permissions.
 * - `embedded`: the app that the server is a part of.
 */
export type CallerKind = "bootstrap" | "api_key" | "session" | "embedded";

/** Somebody with a valid credential. */
export interface Caller extends Reach {
  readonly kind: CallerKind;
  /** The API key's or session's id; `bootstrap` for the key from the environment; `jwt_` and a digest for a JWT. */
  readonly id: string;
  /** Whether its credential is a row, which may be revoked. */
  readonly isStored: boolean;
  readonly permissions: readonly Permission[];
  /** When the credential expires; null: never. */
  readonly endsAt: Date | null;
}

/** Credentials that are in no table. */
export interface UnstoredCredentials {
  /** SHA-256 of the admin key from the environment, if there is one, as 64 hex digits. */
  readonly bootstrapKeyHash: string | null;
  /** Whose JWTs are taken, if anybody's are. */
  readonly identityProvider: IdentityProvider | null;
}

/** A JWT may be long; headers end at 16 KiB. */
const bearer = /^Bearer +([\x21-\x7e]{16,8192})$/i;
// Compact serialization (RFC 7515 §7.1).
const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
// The id stands in the credential, so that the row is found by it and the rest is compared in constant time.
const credentialForm = /^evergrant_(session_)?([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/**
 * Says whose credential a request carries, or null: absent, malformed, unknown, expired and revoked are all one.
 *
 * @param authorization The `Authorization` header (RFC 6750 §2.1).
 * @throws {EvergrantError} `identity_provider_unavailable`: a JWT that may hold.
 */
export async function authenticate(
  parts: { database: Database; now: () => Date } & UnstoredCredentials,
  authorization: string | null,
): Promise<Caller | null> {
  const credential = bearer.exec(authorization ?? "")?.[1];
  if (credential === undefined) return null;
  const digest = sha256(credential);
  if (parts.bootstrapKeyHash !== null && isDigest(digest, parts.bootstrapKeyHash)) {
    return { kind: "bootstrap", id: "bootstrap", isStored: false, permissions: ["admin"], endsAt: null, ...everything };
  }
  if (parts.identityProvider !== null && jwtForm.test(credential)) return parts.identityProvider.callerOf(credential);
  const [, isSession, id] = credentialForm.exec(credential) ?? [];
  if (id === undefined) return null;
  if (isSession !== undefined) {
    const row = await findSession(parts.database, id);
    return row !== null && isProven(digest, row, parts.now()) ? sessionCaller(row) : null;
  }
  const row = await findApiKey(parts.database, id);
  return row !== null && isProven(digest, row, parts.now()) ? apiKeyCaller(row) : null;
}

function isProven(digest: Buffer, row: Pick<ApiKeyRow, "hash" | "expiresAt" | "revokedAt">, now: Date): boolean {
  return isDigest(digest, row.hash) && holds(row, now);
}

function apiKeyCaller({ id, permissions, integrations, subjects, expiresAt }: ApiKeyRow): Caller {
  return { kind: "api_key", id, isStored: true, permissions, integrations, subjects, endsAt: expiresAt };
}

function sessionCaller({ id, integrations, subject, expiresAt }: SessionRow): Caller {
  return { kind: "session", id, isStored: true, permissions: [], integrations, subjects: [subject], endsAt: expiresAt };
}

/** By what a caller's calls and streams are counted: its credential, or a JWT's subject, who has another token for the asking. */
export function countedAs({ id, isStored, subjects }: Pick<Caller, "id" | "isStored" | "subjects">): string {
  return isStored || subjects === null ? id : `subject ${subjects.join()}`;
}

/** Whether a credential is neither revoked nor expired. */
export function holds({ expiresAt, revokedAt }: Pick<ApiKeyRow, "expiresAt" | "revokedAt">, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

/** A credential that nobody can guess, with the id that stands in it and the hash that is stored: 64 and 256 bits. */
export function newCredential(prefix: "evergrant_" | "evergrant_session_"): { id: string; credential: string; hash: string } {
  const id = sha256Hex(randomToken()).slice(0, 16);
  const credential = `${prefix}${id}_${randomToken()}`;
  return { id, credential, hash: sha256Hex(credential) };
}
