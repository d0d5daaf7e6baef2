/**
 * Webhook endpoints as rows: who is told, of what, with which secret, and how they have been answering.
 */
import type { WebhookDisabledReason } from "@evergrant/schema";
import { and, asc, eq, sql } from "drizzle-orm";
import { appendAudit, appendAuditIfChanged, auditEvent } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { appendEventWhere } from "./events-store.ts";
import { events, webhookDeliveries, webhookEndpoints } from "./tables.ts";

export type WebhookEndpointRow = typeof webhookEndpoints.$inferSelect;

/** Inserts an endpoint, which is told of what happens from now on. */
export async function insertWebhookEndpoint(database: Database, row: Omit<typeof webhookEndpoints.$inferInsert, "cursor">): Promise<void> {
  await database.orm.batch([
    database.orm.insert(webhookEndpoints).values({ ...row, cursor: sql`(SELECT coalesce(max(${events.id}), 0) FROM ${events})` }),
    appendAudit(database, { at: row.createdAt, outcome: "ok", details: { webhookId: row.id } }),
  ]);
}

export async function listWebhookEndpoints(database: Database): Promise<WebhookEndpointRow[]> {
  return database.orm.select().from(webhookEndpoints).orderBy(asc(webhookEndpoints.createdAt), asc(webhookEndpoints.id)).limit(500);
}

export async function findWebhookEndpoint(database: Database, id: string): Promise<WebhookEndpointRow | null> {
  const [row] = await database.orm.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  return row ?? null;
}

/** Changes an endpoint's settings; null where there is none. */
export async function updateWebhookEndpoint(
  database: Database,
  id: string,
  change: Partial<Pick<WebhookEndpointRow, "url" | "eventTypes" | "integrations">>,
  at: Date,
): Promise<WebhookEndpointRow | null> {
  if (Object.keys(change).length === 0) return findWebhookEndpoint(database, id);
  const [[row]] = await database.orm.batch([
    database.orm.update(webhookEndpoints).set(change).where(eq(webhookEndpoints.id, id)).returning(),
    appendAuditIfChanged(database, { at, outcome: "ok", details: { webhookId: id, changed: Object.keys(change) } }),
  ]);
  return row ?? null;
}

/** Enables an endpoint with a clean slate; what it has missed, and what it had failed at, is due at once and has its whole time again. */
export async function enableWebhookEndpoint(database: Database, id: string, now: Date): Promise<void> {
  await database.orm.batch([
    database.orm
      .update(webhookEndpoints)
      .set({ state: "enabled", disabledReason: null, failures: 0, failingSince: null, resumeAt: null })
      .where(eq(webhookEndpoints.id, id)),
    appendAuditIfChanged(database, { at: now, outcome: "enabled", details: { webhookId: id } }),
    database.orm
      .update(webhookDeliveries)
      .set({ dueAt: now, firstAttemptAt: null })
      .where(and(eq(webhookDeliveries.endpointId, id), eq(webhookDeliveries.state, "pending"))),
  ]);
}

/** Disables an endpoint because somebody asked for it. */
export async function disableWebhookEndpoint(database: Database, id: string, at: Date): Promise<void> {
  await database.orm.batch([
    database.orm
      .update(webhookEndpoints)
      .set({ state: "disabled", disabledReason: "by_request" })
      .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.state, "enabled"))),
    appendAuditIfChanged(database, { at, outcome: "disabled", details: { webhookId: id } }),
  ]);
}

/**
 * Disables an endpoint for what it answered, and says so in an event.
 *
 * @throws where it was disabled or removed already: then nothing is written.
 */
export async function giveUpWebhookEndpoint(
  database: Database,
  id: string,
  reason: Exclude<WebhookDisabledReason, "by_request">,
  at: Date,
): Promise<void> {
  const stillEnabled = sql`SELECT 0 FROM ${webhookEndpoints} WHERE ${webhookEndpoints.id} = ${id} AND ${webhookEndpoints.state} = 'enabled'`;
  const event = {
    type: "webhook.disabled" as const,
    at,
    integrationId: null,
    subject: null,
    connectionId: null,
    details: { webhookId: id, reason },
  };
  await database.orm.batch([
    appendEventWhere(database, stillEnabled, event),
    auditEvent(database, event),
    database.orm.update(webhookEndpoints).set({ state: "disabled", disabledReason: reason }).where(eq(webhookEndpoints.id, id)),
  ]);
}

/** Removes an endpoint with all its deliveries; false where there was none. */
export async function deleteWebhookEndpoint(database: Database, id: string, at: Date): Promise<boolean> {
  const [removed] = await database.orm.batch([
    database.orm.delete(webhookEndpoints).where(eq(webhookEndpoints.id, id)).returning({ id: webhookEndpoints.id }),
    appendAuditIfChanged(database, { at, outcome: "ok", details: { webhookId: id } }),
    database.orm.delete(webhookDeliveries).where(eq(webhookDeliveries.endpointId, id)),
  ]);
  return removed.length === 1;
}

/** Puts a new secret in the place of generation `expected`; false where another change came first. */
export async function rotateWebhookSecret(
  database: Database,
  rotation: { id: string; expected: number; at: Date } & Pick<WebhookEndpointRow, "secret" | "previousSecret" | "previousSecretUntil">,
): Promise<boolean> {
  const { id, expected, at, ...secrets } = rotation;
  const [rotated] = await database.orm.batch([
    database.orm
      .update(webhookEndpoints)
      .set({ ...secrets, secretGeneration: expected + 1 })
      .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.secretGeneration, expected)))
      .returning({ id: webhookEndpoints.id }),
    appendAuditIfChanged(database, { at, outcome: "ok", details: { webhookId: id } }),
  ]);
  return rotated.length === 1;
}
