/**
 * Webhooks: endpoints of the app that are told of events, signed after the Standard Webhooks specification.
 *
 * @see https://www.standardwebhooks.com
 */
import { z } from "zod";
import { integrationIdShape } from "./config.ts";
import { eventShape, eventTypeShape } from "./events.ts";
import { keptText } from "./kept-text.ts";

/** Where messages are posted. Which hosts may be reached is the server's to say. */
const urlShape = z
  .url({ protocol: /^https?$/, error: "an absolute https URL" })
  .max(2_000)
  .refine(
    (url) => !url.includes("#") && new URL(url).username === "" && new URL(url).password === "",
    "without user, password or fragment",
  );

const filterShape = {
  /** Only these types; null: all. */
  events: z.array(eventTypeShape).min(1, "name at least one event type, or null for all").nullable(),
  /** Only events of these integrations; null: all, and those of none. */
  integrations: z.array(integrationIdShape).min(1, "name at least one integration, or null for all").nullable(),
};

const webhookIdShape = keptText(64);

/** - `enabled`: told of events. - `disabled`: told of none, and told of all that it missed once it is enabled again. */
export const webhookViewShape = z.object({
  id: z.string(),
  url: z.string(),
  ...filterShape,
  state: z.enum(["enabled", "disabled"]),
  /** `gone`: it answered 410. `failing`: nothing was delivered for five days. `by_request`: somebody disabled it. */
  disabledReason: z.enum(["gone", "failing", "by_request"]).nullable(),
  /** Since when no delivery has succeeded; null where the last one did. */
  failingSince: z.iso.datetime().nullable(),
  /** Until when messages carry the previous secret's signature too. */
  previousSecretUntil: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
});
export type WebhookView = z.infer<typeof webhookViewShape>;
export type WebhookDisabledReason = NonNullable<WebhookView["disabledReason"]>;

export const webhooksCreateInput = z.object({
  url: urlShape,
  events: filterShape.events.default(null),
  integrations: filterShape.integrations.default(null),
});
/** The secret, `whsec_` and base64, is shown here and never again. */
export const webhooksCreateResult = webhookViewShape.extend({ secret: z.string() });
export const webhooksUpdateInput = z.object({
  id: webhookIdShape,
  url: urlShape.optional(),
  events: filterShape.events.optional(),
  integrations: filterShape.integrations.optional(),
  state: z.enum(["enabled", "disabled"]).optional(),
});
export const webhooksRemoveInput = z.object({ id: webhookIdShape });
export const webhooksRotateSecretInput = z.object({
  id: webhookIdShape,
  /** How long messages carry the old secret's signature beside the new one's. */
  overlapSeconds: z.number().int().min(0).max(604_800).default(86_400),
});
export const webhooksRotateSecretResult = z.object({ secret: z.string(), previousSecretUntil: z.iso.datetime() });

/** Why a delivery failed: a status that is not 2xx, or no answer, of which `blocked` says that this server may not reach the host. */
export const deliveryErrorShape = z.enum([
  "status",
  "blocked",
  "not_sent",
  "no_answer",
  "answer_unreadable",
  "secret_unreadable",
  "event_erased",
]);
export type DeliveryError = z.infer<typeof deliveryErrorShape>;

/** - `pending`: will be tried, or tried again. - `delivered`: answered with 2xx. - `dead`: given up, and kept for a replay. */
export const deliveryStateShape = z.enum(["pending", "delivered", "dead"]);
export type DeliveryState = z.infer<typeof deliveryStateShape>;

export const deliveryViewShape = z.object({
  /** The `webhook-id` of every try: the same for each, so that a receiver knows a duplicate. */
  id: z.string(),
  webhookId: z.string(),
  eventId: z.number().int(),
  state: deliveryStateShape,
  attempts: z.number().int(),
  nextAttemptAt: z.iso.datetime().nullable(),
  lastAttemptAt: z.iso.datetime().nullable(),
  lastStatus: z.number().int().nullable(),
  lastError: deliveryErrorShape.nullable(),
});
export type DeliveryView = z.infer<typeof deliveryViewShape>;

export const webhooksDeliveriesInput = z.object({
  id: webhookIdShape,
  state: deliveryStateShape.optional(),
  /** Deliveries of events before this one, newest first. */
  beforeEventId: z.number().int().positive().optional(),
  limit: z.number().int().min(1).max(500).default(100),
});
export const webhooksDeliveriesResult = z.object({
  deliveries: z.array(deliveryViewShape),
  nextBeforeEventId: z.number().int().nullable(),
});
export const webhooksReplayInput = z.object({
  id: webhookIdShape,
  /** One delivery, dead or delivered; left out, all dead ones of the endpoint. */
  deliveryId: keptText(128).optional(),
});
export const webhooksReplayResult = z.object({ replayed: z.number().int() });
export const webhooksTestInput = z.object({ id: webhookIdShape });
export const webhooksTestResult = z.object({
  delivered: z.boolean(),
  status: z.number().int().nullable(),
  error: deliveryErrorShape.nullable(),
});

/** The body of a message. */
export const webhookMessageShape = z.discriminatedUnion("type", [
  z.object({
    type: eventTypeShape,
    /** When it happened; `webhook-timestamp` says when it was sent. */
    timestamp: z.iso.datetime(),
    data: eventShape.extend({
      /** With `connection.reauthorization_required`: the connect link that mends it, made for this message; null where nothing is to mend any more. */
      authorizeUrl: z.string().nullable().optional(),
      /** Until when that link can be opened. */
      authorizeUrlExpiresAt: z.iso.datetime().nullable().optional(),
    }),
  }),
  z.object({ type: z.literal("webhook.test"), timestamp: z.iso.datetime(), data: z.object({ webhookId: z.string() }) }),
]);
export type WebhookMessage = z.infer<typeof webhookMessageShape>;
