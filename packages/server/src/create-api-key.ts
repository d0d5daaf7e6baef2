/**
 * Making an API key, and what is told of one afterwards: all but the key.
 */
import type { ApiKeyView, ApiKeysCreateInput } from "@evergrant/schema";
import { type ApiKeyRow, insertApiKey } from "./api-keys-store.ts";
import { newCredential } from "./callers.ts";
import type { Database } from "./database.ts";

const prefix = "evergrant_";

/** Makes an API key; the key itself is in the result and nowhere else. */
export async function createApiKey(
  parts: { database: Database; now: () => Date },
  input: ApiKeysCreateInput,
): Promise<ApiKeyView & { apiKey: string }> {
  const { id, credential, hash } = newCredential(prefix);
  const row: ApiKeyRow = {
    id,
    hash,
    name: input.name,
    permissions: input.permissions,
    integrations: input.integrations ?? null,
    subjects: input.subjects ?? null,
    createdAt: parts.now(),
    expiresAt: input.expiresAt === undefined ? null : new Date(input.expiresAt),
    revokedAt: null,
    lastUsedAt: null,
  };
  await insertApiKey(parts.database, row);
  return { ...viewApiKey(row), apiKey: credential };
}

/** A key as callers see it. */
export function viewApiKey(row: ApiKeyRow): ApiKeyView {
  return {
    id: row.id,
    prefix: `${prefix}${row.id}`,
    name: row.name,
    permissions: [...row.permissions],
    integrations: row.integrations === null ? null : [...row.integrations],
    subjects: row.subjects === null ? null : [...row.subjects],
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
