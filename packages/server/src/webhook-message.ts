/**
 * Messages to webhook endpoints, after the Standard Webhooks specification: what they say, and how they are signed and posted.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import type { DeliveryError, EvergrantEvent, WebhookMessage } from "@evergrant/schema";
import { Webhook } from "standardwebhooks";
import type { Authority } from "./authority.ts";
import { createConnectLink, unionOfScopes } from "./connect-link.ts";
import { findConnection } from "./connection-reads-store.ts";
import { TransportError } from "./guarded-fetch.ts";
import { retryAfterSeconds } from "./token-response.ts";
import { VaultError } from "./vault.ts";
import type { WebhookEndpointRow } from "./webhook-endpoints-store.ts";
import { openSecrets } from "./webhook-secret.ts";

/** How long a receiver may take; the specification advises 15 to 30 seconds. */
const deadlineMs = 15_000;

/** The message about an event; one that asks for a new authorization carries the connect link for it, made for this message alone. */
export async function messageOf(authority: Authority, event: EvergrantEvent): Promise<WebhookMessage> {
  const link = event.type === "connection.reauthorization_required" ? await mend(authority, event) : {};
  return { type: event.type, timestamp: event.at, data: { ...event, ...link } };
}

async function mend(authority: Authority, event: EvergrantEvent) {
  const found = event.connectionId === null ? null : await findConnection(authority.database, event.connectionId);
  // The subject may have come back since, or be gone; a late message must not send anybody through a needless flow.
  if (found === null || found.connection.status !== "reauthorization_required") return { authorizeUrl: null, authorizeUrlExpiresAt: null };
  const { id, integrationId, subject, requestedScopes, grantedScopes } = found.connection;
  const scopes = unionOfScopes(requestedScopes, grantedScopes);
  const { authorizeUrl, expiresAt } = createConnectLink(authority, { integrationId, subject, connectionId: id, scopes });
  return { authorizeUrl, authorizeUrlExpiresAt: expiresAt };
}

/** What posting a message came to; `error` is null where the receiver took it. */
export interface Posted {
  readonly status: number | null;
  readonly error: DeliveryError | null;
  readonly retryAfterSeconds: number | null;
}

/**
 * Signs a message and posts it once.
 *
 * @param id The `webhook-id`: one for all tries, without a full stop, by which the signed parts are told apart.
 * @throws {VaultError} `key_unavailable`: this process cannot sign now. Nothing was sent.
 */
export async function postMessage(
  authority: Authority,
  endpoint: WebhookEndpointRow,
  id: string,
  message: WebhookMessage,
): Promise<Posted> {
  const at = authority.now();
  const body = JSON.stringify(message);
  try {
    const secrets = await openSecrets(authority, endpoint);
    const response = await authority.fetch(endpoint.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(" "),
      },
      body,
      deadlineMs,
    });
    return { status: response.status, error: response.ok ? null : "status", retryAfterSeconds: retryAfterSeconds(response, authority.now) };
  } catch (error) {
    if (error instanceof TransportError) return { status: null, error: error.code, retryAfterSeconds: null };
    if (error instanceof VaultError && error.code === "secret_unreadable")
      return { status: null, error: error.code, retryAfterSeconds: null };
    throw error;
  }
}
