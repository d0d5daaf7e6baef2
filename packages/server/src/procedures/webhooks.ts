/**
 * `webhooks.*`: who is told of events by messages, what became of each, and sending it once more.
 */
import {
  type DeliveryView,
  type WebhookView,
  webhookViewShape,
  webhooksCreateInput,
  webhooksCreateResult,
  webhooksDeliveriesInput,
  webhooksDeliveriesResult,
  webhooksRemoveInput,
  webhooksReplayInput,
  webhooksReplayResult,
  webhooksRotateSecretInput,
  webhooksRotateSecretResult,
  webhooksTestInput,
  webhooksTestResult,
  webhooksUpdateInput,
} from "@evergrant/schema";
import { z } from "zod";
import type { Authority } from "../authority.ts";
import { randomId } from "../digests.ts";
import { EvergrantError } from "../errors.ts";
import { procedure, router } from "../trpc.ts";
import { type WebhookDeliveryRow, listDeliveries, replayDeliveries } from "../webhook-deliveries-store.ts";
import {
  type WebhookEndpointRow,
  deleteWebhookEndpoint,
  disableWebhookEndpoint,
  enableWebhookEndpoint,
  findWebhookEndpoint,
  insertWebhookEndpoint,
  listWebhookEndpoints,
  updateWebhookEndpoint,
} from "../webhook-endpoints-store.ts";
import { postMessage } from "../webhook-message.ts";
import { newWebhookSecret, rotateSecret } from "../webhook-secret.ts";
import { refuseUnreachable } from "../webhook-url.ts";

export const webhooks = router({
  create: procedure
    .input(webhooksCreateInput)
    .output(webhooksCreateResult)
    .mutation(async ({ ctx: { authority }, input }) => {
      refuseUnreachable(authority, input.url);
      const id = `whk_${randomId(12)}`;
      const { secret, sealed } = newWebhookSecret(authority, id, 1);
      await insertWebhookEndpoint(authority.database, {
        id,
        url: input.url,
        eventTypes: input.events,
        integrations: input.integrations,
        secret: sealed,
        secretGeneration: 1,
        state: "enabled",
        createdAt: authority.now(),
      });
      return { ...(await viewOf(authority, id)), secret };
    }),

  list: procedure
    .output(z.array(webhookViewShape))
    .query(async ({ ctx: { authority } }) =>
      (await listWebhookEndpoints(authority.database)).map((row) => viewEndpoint(row, authority.now())),
    ),

  update: procedure
    .input(webhooksUpdateInput)
    .output(webhookViewShape)
    .mutation(async ({ ctx: { authority }, input }) => {
      const { id, url, events, integrations, state } = input;
      const { state: before } = await requireWebhook(authority, id);
      if (url !== undefined) refuseUnreachable(authority, url);
      await updateWebhookEndpoint(
        authority.database,
        id,
        {
          ...(url === undefined ? {} : { url }),
          ...(events === undefined ? {} : { eventTypes: events }),
          ...(integrations === undefined ? {} : { integrations }),
        },
        authority.now(),
      );
      if (state === "enabled" && before === "disabled") await enableWebhookEndpoint(authority.database, id, authority.now());
      if (state === "disabled") await disableWebhookEndpoint(authority.database, id, authority.now());
      return viewOf(authority, id);
    }),

  remove: procedure
    .input(webhooksRemoveInput)
    .output(z.object({ removed: z.boolean() }))
    .mutation(async ({ ctx: { authority }, input }) => ({
      removed: await deleteWebhookEndpoint(authority.database, input.id, authority.now()),
    })),

  rotateSecret: procedure
    .input(webhooksRotateSecretInput)
    .output(webhooksRotateSecretResult)
    .mutation(async ({ ctx: { authority }, input }) => {
      const { secret, previousSecretUntil } = await rotateSecret(authority, { id: input.id, overlapMs: input.overlapSeconds * 1000 });
      return { secret, previousSecretUntil: previousSecretUntil.toISOString() };
    }),

  deliveries: procedure
    .input(webhooksDeliveriesInput)
    .output(webhooksDeliveriesResult)
    .query(async ({ ctx: { authority }, input }) => {
      const { id, ...filter } = input;
      await requireWebhook(authority, id);
      const rows = await listDeliveries(authority.database, { endpointId: id, ...filter });
      return {
        deliveries: rows.map((row) => viewDelivery(row)),
        nextBeforeEventId: rows.length === filter.limit ? (rows.at(-1)?.eventId ?? null) : null,
      };
    }),

  replay: procedure
    .input(webhooksReplayInput)
    .output(webhooksReplayResult)
    .mutation(async ({ ctx: { authority }, input }) => {
      const { id, deliveryId } = input;
      await requireWebhook(authority, id);
      const replayed = await replayDeliveries(authority.database, { endpointId: id, deliveryId, now: authority.now() });
      if (deliveryId !== undefined && replayed === 0) {
        throw new EvergrantError("unknown_webhook", "deliveryId: this webhook has no such delivery, or it is pending already");
      }
      return { replayed };
    }),

  test: procedure
    .input(webhooksTestInput)
    .output(webhooksTestResult)
    .mutation(async ({ ctx: { authority }, input }) => {
      const endpoint = await requireWebhook(authority, input.id);
      const timestamp = authority.now().toISOString();
      const message = { type: "webhook.test" as const, timestamp, data: { webhookId: endpoint.id } };
      const { status, error } = await postMessage(authority, endpoint, `msg_test_${randomId()}`, message);
      return { delivered: error === null, status, error };
    }),
});

/** @throws {EvergrantError} `unknown_webhook`. */
async function requireWebhook(authority: Authority, id: string): Promise<WebhookEndpointRow> {
  const row = await findWebhookEndpoint(authority.database, id);
  if (row === null) throw new EvergrantError("unknown_webhook", "id: there is no such webhook");
  return row;
}

async function viewOf(authority: Authority, id: string): Promise<WebhookView> {
  return viewEndpoint(await requireWebhook(authority, id), authority.now());
}

function viewEndpoint(row: WebhookEndpointRow, now: Date): WebhookView {
  const overlaps = row.previousSecretUntil !== null && row.previousSecretUntil > now;
  return {
    id: row.id,
    url: row.url,
    events: row.eventTypes === null ? null : [...row.eventTypes],
    integrations: row.integrations === null ? null : [...row.integrations],
    state: row.state,
    disabledReason: row.disabledReason,
    failingSince: row.failingSince?.toISOString() ?? null,
    previousSecretUntil: overlaps ? (row.previousSecretUntil?.toISOString() ?? null) : null,
    createdAt: row.createdAt.toISOString(),
  };
}

function viewDelivery(row: WebhookDeliveryRow): DeliveryView {
  return {
    id: row.id,
    webhookId: row.endpointId,
    eventId: row.eventId,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.state === "pending" ? row.dueAt.toISOString() : null,
    lastAttemptAt: row.lastAttemptAt?.toISOString() ?? null,
    lastStatus: row.lastStatus,
    lastError: row.lastError,
  };
}
