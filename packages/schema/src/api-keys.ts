/**
 * API keys: what a backend calls with, and what it may do with it.
 */
import { z } from "zod";
import { integrationIdShape } from "./config.ts";
import { subjectShape } from "./connections.ts";
import { keptText } from "./kept-text.ts";

const permissions = [
  "config:read",
  "config:write",
  "connections:read",
  "connections:write",
  "tokens:read",
  "events:read",
  "sessions:write",
  "metrics:read",
  "admin",
] as const;

/** What a caller may do. `admin` includes all the others. */
export const permissionShape = z.enum(permissions, `not a permission; there are ${permissions.join(", ")}`);
export type Permission = z.infer<typeof permissionShape>;

export const apiKeysCreateInput = z.object({
  name: keptText(80),
  permissions: z.array(permissionShape).min(1, "name at least one permission"),
  /** Left out: all integrations. */
  integrations: z.array(integrationIdShape).min(1, "name at least one integration, or leave it out").max(100).optional(),
  /** Left out: all subjects. */
  subjects: z.array(subjectShape).min(1, "name at least one subject, or leave it out").max(100).optional(),
  /** Left out: never. */
  expiresAt: z.iso.datetime().optional(),
});
export type ApiKeysCreateInput = z.infer<typeof apiKeysCreateInput>;

export const apiKeyViewShape = z.object({
  id: z.string(),
  /** How the key begins, so that one that turns up somewhere can be told by it. */
  prefix: z.string(),
  name: z.string(),
  permissions: z.array(permissionShape),
  /** Null: all integrations. */
  integrations: z.array(z.string()).nullable(),
  /** Null: all subjects. */
  subjects: z.array(z.string()).nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  /** To the minute; null: never. */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyViewShape>;

/** The key itself is shown here and never again. */
export const apiKeysCreateResult = apiKeyViewShape.extend({ apiKey: z.string() });
export const apiKeysRevokeInput = z.object({ id: keptText(64) });
