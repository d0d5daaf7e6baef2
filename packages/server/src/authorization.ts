/**
 * The authorization table: who may call which procedure. Whatever is not in it cannot be called.
 */
import type { Permission } from "@evergrant/schema";
import type { Caller } from "./callers.ts";

/** Who may call a procedure, or ask for a path. */
export interface Rule {
  /** What an API key needs; `admin` has every permission. */
  readonly permission: Permission;
  /** Whether a subject's session may, for its own subject alone. */
  readonly session: boolean;
  readonly concerns: Concerned;
}

/**
 * What a procedure concerns, and so what becomes of a caller that is limited to integrations or subjects:
 * - `connections`: it has to do with those of its integrations and subjects.
 * - `integrations`: with its integrations; there is nothing of a subject in it.
 * - `every_subject`: as `integrations`, but what it does is felt by all subjects, so that a caller limited to some is refused.
 * - `deployment`: all of it, so that a limited caller is refused.
 */
export type Concerned = "connections" | "integrations" | "every_subject" | "deployment";

const backend = (permission: Permission, concerns: Concerned): Rule => ({ permission, session: false, concerns });
const either = (permission: Permission, concerns: Concerned): Rule => ({ permission, session: true, concerns });

export const authorization: Readonly<Record<string, Rule>> = {
  "config.list": backend("config:read", "integrations"),
  "config.get": backend("config:read", "integrations"),
  "config.put": backend("config:write", "every_subject"),
  "config.remove": backend("config:write", "every_subject"),
  "integrations.list": either("connections:read", "integrations"),
  "scopes.list": either("config:read", "integrations"),
  "scopes.check": either("config:read", "integrations"),
  "scopes.ledger": either("connections:read", "connections"),
  "connections.authorize": either("connections:write", "connections"),
  "connections.confirm": either("connections:write", "connections"),
  "connections.list": either("connections:read", "connections"),
  "connections.get": either("connections:read", "connections"),
  "connections.disconnect": either("connections:write", "connections"),
  "tokens.get": backend("tokens:read", "connections"),
  "tokens.refresh": backend("tokens:read", "connections"),
  "tokens.status": either("connections:read", "connections"),
  "events.list": either("events:read", "connections"),
  "events.stream": either("events:read", "connections"),
  "sessions.create": backend("sessions:write", "connections"),
  "sessions.revoke": backend("sessions:write", "connections"),
  "subjects.forget": backend("admin", "deployment"),
  "webhooks.create": backend("admin", "deployment"),
  "webhooks.list": backend("admin", "deployment"),
  "webhooks.update": backend("admin", "deployment"),
  "webhooks.remove": backend("admin", "deployment"),
  "webhooks.rotateSecret": backend("admin", "deployment"),
  "webhooks.deliveries": backend("admin", "deployment"),
  "webhooks.replay": backend("admin", "deployment"),
  "webhooks.test": backend("admin", "deployment"),
  "apiKeys.create": backend("admin", "deployment"),
  "apiKeys.list": backend("admin", "deployment"),
  "apiKeys.revoke": backend("admin", "deployment"),
  "audit.list": backend("admin", "deployment"),
  "keys.status": backend("admin", "deployment"),
  "keys.rotate": backend("admin", "deployment"),
  "keys.retire": backend("admin", "deployment"),
  "/metrics": backend("metrics:read", "deployment"),
};

/** Why a caller may not call a procedure, or ask for a path; null where it may. */
export function refusalOf(caller: Caller, path: string): string | null {
  const rule = authorization[path];
  if (rule === undefined) return `nobody may call ${path}`;
  if (caller.kind === "session") return rule.session ? null : `a subject's session may not call ${path}`;
  if (!caller.permissions.includes("admin") && !caller.permissions.includes(rule.permission))
    return `this API key lacks the permission ${rule.permission}`;
  if (rule.concerns === "deployment" && (caller.integrations !== null || caller.subjects !== null))
    return `this API key is limited to some integrations or subjects, and ${path} concerns all of them`;
  if (rule.concerns === "every_subject" && caller.subjects !== null)
    return `this API key is limited to some subjects, and ${path} concerns all of them`;
  return null;
}
