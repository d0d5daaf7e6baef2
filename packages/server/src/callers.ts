/**
 * Callers: who an `Authorization` header speaks for, and how an API key is made.
 */
import type { ApiKeyView, ApiKeysCreateInput, Permission } from "@evergrant/schema";
import { type ApiKeyRow, findApiKey, insertApiKey } from "./api-keys-store.ts";
import type { Database } from "./database.ts";
import { equalInConstantTime, randomToken, sha256Hex } from "./digests.ts";

/** Somebody with a valid credential. */
export interface Caller {
  /** The API key's id; `bootstrap` for the one from the environment. */
  readonly id: string;
  readonly permissions: readonly Permission[];
  /** Null: all integrations. */
  readonly integrations: readonly string[] | null;
}

const bearer = /^Bearer +([\x21-\x7e]{16,512})$/i;
// The id stands in the key, so that the row is found by it and the rest is compared in constant time.
const apiKeyForm = /^evergrant_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/**
 * Says whose credential a request carries, or null: absent, malformed, unknown, expired and revoked are all one.
 *
 * @param authorization The `Authorization` header (RFC 6750 §2.1).
 * @param bootstrapKey The admin key from the environment, if there is one.
 */
export async function authenticate(
  parts: { database: Database; now: () => Date; bootstrapKey: string | null },
  authorization: string | null,
): Promise<Caller | null> {
  const credential = bearer.exec(authorization ?? "")?.[1];
  if (credential === undefined) return null;
  if (parts.bootstrapKey !== null && equalInConstantTime(credential, parts.bootstrapKey)) {
    return { id: "bootstrap", permissions: ["admin"], integrations: null };
  }
  const id = apiKeyForm.exec(credential)?.[1];
  if (id === undefined) return null;
  const row = await findApiKey(parts.database, id);
  if (row === null || !equalInConstantTime(sha256Hex(credential), row.hash)) return null;
  if (row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= parts.now())) return null;
  return { id: row.id, permissions: row.permissions, integrations: row.integrations };
}

/** Makes an API key; the key itself is in the result and nowhere else. */
export async function createApiKey(
  parts: { database: Database; now: () => Date },
  input: ApiKeysCreateInput,
): Promise<ApiKeyView & { apiKey: string }> {
  const id = sha256Hex(randomToken()).slice(0, 16);
  const apiKey = `evergrant_${id}_${randomToken()}`;
  const row: ApiKeyRow = {
    id,
    hash: sha256Hex(apiKey),
    name: input.name,
    permissions: input.permissions,
    integrations: input.integrations ?? null,
    createdAt: parts.now(),
    expiresAt: input.expiresAt === undefined ? null : new Date(input.expiresAt),
    revokedAt: null,
  };
  await insertApiKey(parts.database, row);
  return { ...apiKeyView(row), apiKey };
}

export function apiKeyView(row: ApiKeyRow): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    permissions: [...row.permissions],
    integrations: row.integrations === null ? null : [...row.integrations],
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}

/** Whether a caller may do what needs `permission`. */
export function isPermitted(caller: Caller, permission: Permission): boolean {
  return caller.permissions.includes("admin") || caller.permissions.includes(permission);
}

/** Whether a caller may have to do with an integration. */
export function mayUse(caller: Caller, integrationId: string): boolean {
  return caller.integrations === null || caller.integrations.includes(integrationId);
}
