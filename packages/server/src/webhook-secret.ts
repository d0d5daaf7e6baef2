/**
 * Secrets of webhook endpoints: made here, shown once, sealed, and opened only to sign.
 */
import type { Authority } from "./authority.ts";
import { randomToken } from "./digests.ts";
import { EvergrantError } from "./errors.ts";
import { type Ciphertext, places } from "./vault.ts";
import { type WebhookEndpointRow, findWebhookEndpoint, rotateWebhookSecret } from "./webhook-endpoints-store.ts";

/** How often a rotation is tried while others rotate too. */
const mostTries = 5;

/** A new secret in the form of the specification, `whsec_` and the base64 of 32 random bytes, and sealed for an endpoint. */
export function newWebhookSecret(
  { vault }: Pick<Authority, "vault">,
  endpointId: string,
  secretGeneration: number,
): { secret: string; sealed: Ciphertext } {
  const secret = `whsec_${Buffer.from(randomToken(32), "base64url").toString("base64")}`;
  return { secret, sealed: vault.seal(secret, places.webhookSecret(endpointId, secretGeneration)) };
}

/**
 * Gives an endpoint a new secret; until `overlapMs` have passed, its messages carry the signature of the old one too.
 *
 * @throws {EvergrantError} `unknown_webhook`.
 */
export async function rotateSecret(
  authority: Pick<Authority, "vault" | "database" | "now">,
  request: { id: string; overlapMs: number },
): Promise<{ secret: string; previousSecretUntil: Date }> {
  const { id } = request;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const endpoint = await findWebhookEndpoint(authority.database, id);
    if (endpoint === null) break;
    const expected = endpoint.secretGeneration;
    const { secret, sealed } = newWebhookSecret(authority, id, expected + 1);
    const old = await authority.vault.openOrReload(endpoint.secret, places.webhookSecret(id, expected));
    const previousSecretUntil = new Date(authority.now().getTime() + request.overlapMs);
    const rotated = await rotateWebhookSecret(authority.database, {
      id,
      expected,
      at: authority.now(),
      secret: sealed,
      previousSecret: authority.vault.seal(old, places.webhookPreviousSecret(id, expected + 1)),
      previousSecretUntil,
    });
    if (rotated) return { secret, previousSecretUntil };
  }
  throw new EvergrantError("unknown_webhook", "id: there is no such webhook, or others are rotating its secret; try again");
}

/** The secrets that sign a message now: the current one, and the previous one while they overlap. */
export async function openSecrets({ vault, now }: Pick<Authority, "vault" | "now">, endpoint: WebhookEndpointRow): Promise<string[]> {
  const { id, secretGeneration, previousSecret, previousSecretUntil } = endpoint;
  const current = await vault.openOrReload(endpoint.secret, places.webhookSecret(id, secretGeneration));
  if (previousSecret === null || previousSecretUntil === null || previousSecretUntil <= now()) return [current];
  return [current, await vault.openOrReload(previousSecret, places.webhookPreviousSecret(id, secretGeneration))];
}
