/**
 * Confirming a finished flow (design 3.4): the app says that the browser which brought it is its signed-in subject's own. What
 * nobody confirms is revoked at the provider and forgotten.
 */
import { secretShape } from "@evergrant/schema";
import { z } from "zod";
import { acting, begin } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { sha256Hex } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import { capturedShape } from "./placeholders.ts";
import { type Reach, reachesIntegration } from "./reach.ts";
import { revokeAtProvider, revokeDue, toRevocation } from "./revocation-outbox.ts";
import { type Grant, storeGrant } from "./store-grant.ts";
import {
  type UnconfirmedGrantRow,
  findUnconfirmedGrant,
  forgetUnconfirmedGrant,
  listOverdueGrants,
  refuseUnconfirmedGrant,
} from "./unconfirmed-grants-store.ts";
import { places } from "./vault.ts";

/**
 * Makes a finished flow the subject's connection.
 *
 * Anybody else's attempt ends the grant for good: whoever brought the link to another person does not get to try again.
 *
 * @throws {EvergrantError} `confirmation_invalid`: unknown, used, late, or another subject's.
 */
export async function confirm(
  authority: Authority,
  request: { confirmation: string; subject: string; reach: Reach },
): Promise<{ connectionId: string }> {
  const confirmationHash = sha256Hex(request.confirmation);
  const row = await findUnconfirmedGrant(authority.database, confirmationHash);
  const now = authority.now();
  if (row === null || !reachesIntegration(request.reach, row.integrationId)) throw invalid();
  if (row.subject !== request.subject) {
    await refuseUnconfirmedGrant(authority.database, confirmationHash, now);
    await revokeOrLeave(authority, row, "other_subject");
    throw invalid();
  }
  if (row.confirmBy <= now) throw invalid();
  const integration = await authority.integrations.find(row.integrationId);
  if (integration === null)
    throw new EvergrantError("unknown_integration", `integration: there is none named "${row.integrationId}" any more`);
  const server = await authority.integrations.serverOf(integration);
  return { connectionId: await storeGrant(authority, await openGrant(authority, row), server.facts, { confirmationHash }) };
}

/**
 * Revokes and forgets the grants that nobody confirmed in time, and asks providers again that were out of reach when a grant was to be
 * revoked; a page of each at a time.
 *
 * @returns how many were not confirmed in time.
 */
export async function revokeOverdueGrants(authority: Authority, limit: number): Promise<number> {
  const overdue = await listOverdueGrants(authority.database, authority.now(), limit);
  await acting(begin({ action: "flow" }), async () => {
    for (const row of overdue) await revokeOrLeave(authority, row, "not_confirmed");
  });
  await acting(begin({ action: "revocation" }), () => revokeDue(authority, limit));
  return overdue.length;
}

/** Revokes a grant; one that cannot be revoked now is left to the next round. */
async function revokeOrLeave(authority: Authority, row: UnconfirmedGrantRow, why: "other_subject" | "not_confirmed"): Promise<void> {
  try {
    await revokeUnconfirmed(authority, row, why);
  } catch (error) {
    authority.log.error({ connectionId: row.connectionId, error: describeError(error) }, "an unconfirmed grant was not revoked");
  }
}

/** Revokes a grant, or puts it into the outbox, and forgets it. */
export async function revokeUnconfirmed(
  authority: Authority,
  row: UnconfirmedGrantRow,
  why: "other_subject" | "not_confirmed" | "forgotten",
): Promise<void> {
  // Revoked before it is forgotten: a crash between the two revokes twice, which harms nobody.
  const { holder, tokenSet } = await openGrant(authority, row);
  const revocation = await revokeAtProvider(authority, holder, tokenSet);
  const event = {
    type: "connection.confirmation_refused" as const,
    at: authority.now(),
    integrationId: row.integrationId,
    subject: row.subject,
    connectionId: null,
    generation: 0,
    details: { why, revocation },
  };
  const later = revocation === "unreachable" ? toRevocation(authority, { ...holder, connectionId: null }, tokenSet) : null;
  await forgetUnconfirmedGrant(authority.database, row.confirmationHash, event, later);
}

const grantShape = z.object({
  connectionId: z.string(),
  holder: z.object({
    integrationId: z.string(),
    subject: z.string(),
    accountId: z.string().nullable(),
    accountLabel: z.string().nullable(),
    idTokenSubject: z.string().nullable().default(null),
    authority: z.string(),
    clientHash: z.string(),
    requestedScopes: z.array(z.string()),
    grantedScopes: z.array(z.string()),
    captured: capturedShape,
  }),
  tokenSet: z.object({
    accessToken: secretShape,
    tokenType: z.string(),
    refreshToken: secretShape.nullable(),
    scopes: z.array(z.string()).nullable(),
    expiresInSeconds: z.number().nullable(),
    refreshTokenExpiresInSeconds: z.number().nullable(),
    captured: z.record(z.string(), z.string()),
    account: z.object({ id: z.string(), label: z.string().nullable() }).nullable(),
  }),
  accountBefore: z.string().nullable().default(null),
  requestedAt: z.coerce.date(),
});

async function openGrant(authority: Authority, row: UnconfirmedGrantRow): Promise<Grant> {
  return grantShape.parse(JSON.parse(await authority.vault.openOrReload(row.grant, places.unconfirmedGrant(row.confirmationHash))));
}

function invalid(): EvergrantError {
  return new EvergrantError("confirmation_invalid", "confirmation: unknown, used, expired, or another subject's; start the flow again");
}
