/**
 * Revoking grants that nobody here holds any more (RFC 7009): at once, and from the outbox for a day where the provider is out of reach.
 */
import { type RevocationOutcome, Secret, revealingJson, secretShape } from "@evergrant/schema";
import pLimit from "p-limit";
import { z } from "zod";
import type { Authority } from "./authority.ts";
import { type Captured, capturedShape } from "./placeholders.ts";
import { requestRevocation } from "./revoke-tokens.ts";
import { randomId } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import { type NewRevocation, claimRevocations, insertRevocation, postponeRevocation, settleRevocation } from "./revocations-store.ts";
import { readSealedTokens } from "./token-sets-store.ts";
import { type Ciphertext, type Place, VaultError, places } from "./vault.ts";

/** Whose tokens they are, and what the grant is bound to. */
export interface FormerHolder {
  /** Null where no connection came of the grant. */
  readonly connectionId: string | null;
  readonly integrationId: string;
  readonly subject: string;
  readonly authority: string;
  readonly clientHash: string;
  readonly captured: Captured;
}

export interface Tokens {
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
}

const sealedShape = z.object({ accessToken: secretShape.nullable(), refreshToken: secretShape.nullable(), captured: capturedShape });

const giveUpAfterMs = 86_400_000;
/** Longer than a first try takes: whoever finds the row due knows that its maker is gone, or was refused. */
const firstDueMs = 60_000;
const longestBackoffMs = 3_600_000;
const leaseMs = 60_000;
const concurrency = 5;

/**
 * The tokens that a connection holds, opened before they are forgotten: their seals are bound to the generation that is to end. One that
 * does not open cannot be revoked, and is null.
 *
 * @returns null where there is no such connection.
 */
export async function openHeldTokens(authority: Authority, connectionId: string): Promise<{ generation: number; tokens: Tokens } | null> {
  const { generation, accessToken, refreshToken } = await readSealedTokens(authority.database, connectionId);
  if (generation === null) return null;
  const open = async (sealed: Ciphertext | null, place: Place): Promise<Secret | null> => {
    if (sealed === null) return null;
    try {
      return new Secret(await authority.vault.openOrReload(sealed, place));
    } catch (error) {
      if (error instanceof VaultError) return null;
      throw error;
    }
  };
  return {
    generation,
    tokens: {
      accessToken: await open(accessToken, places.accessToken(connectionId, generation)),
      refreshToken: await open(refreshToken, places.refreshToken(connectionId, generation)),
    },
  };
}

/**
 * Tokens as they wait for their revocation; null where there are none.
 *
 * @param dueInMs When somebody else may take it that its maker is gone.
 */
export function toRevocation(
  authority: Authority,
  holder: FormerHolder,
  tokens: Tokens,
  dueInMs: number = firstDueMs,
): NewRevocation | null {
  const { accessToken, refreshToken } = tokens;
  if (accessToken === null && refreshToken === null) return null;
  const id = `rev_${randomId()}`;
  const now = authority.now().getTime();
  return {
    id,
    connectionId: holder.connectionId,
    integrationId: holder.integrationId,
    subject: holder.subject,
    authority: holder.authority,
    clientHash: holder.clientHash,
    tokens: authority.vault.seal(revealingJson({ accessToken, refreshToken, captured: holder.captured }), places.revocation(id)),
    dueAt: new Date(now + dueInMs),
    giveUpAt: new Date(now + giveUpAfterMs),
  };
}

/** Revokes tokens that are not to be kept: from the outbox, if not at once. */
export async function revokeLeftOver(authority: Authority, holder: FormerHolder, tokens: Tokens): Promise<void> {
  const revocation = toRevocation(authority, holder, tokens);
  if (revocation === null) return;
  try {
    await insertRevocation(authority.database, revocation);
  } catch (error) {
    // They are here and nowhere else, so this is the only try.
    authority.log.warn({ integration: holder.integrationId, error: describeError(error) }, "a revocation could not be put into the outbox");
    await revokeAtProvider(authority, holder, tokens);
    return;
  }
  await revokeNow(authority, revocation, { ...tokens, captured: holder.captured });
}

/** The first try at a revocation that has just been put into the outbox; where the provider is out of reach, it stays there. */
export async function revokeNow(
  authority: Authority,
  row: NewRevocation,
  tokens: Tokens & { captured: Captured },
): Promise<RevocationOutcome> {
  const outcome = await revokeAtProvider(authority, { ...row, captured: tokens.captured }, tokens);
  try {
    if (outcome === "unreachable") await postpone(authority, row);
    else await settle(authority, row, outcome);
  } catch (error) {
    // The row stands, and will be tried again: a second revocation harms nobody.
    authority.log.warn({ connectionId: row.connectionId, error: describeError(error) }, "what became of a revocation was not recorded");
  }
  return outcome;
}

/** Tries revocations that are due; returns how many. */
export async function revokeDue(authority: Authority, limit: number): Promise<number> {
  const due = await claimRevocations(authority.database, { now: authority.now(), limit: Math.min(limit, 50), owner: randomId(), leaseMs });
  const atOnce = pLimit(concurrency);
  await Promise.all(due.map((row) => atOnce(() => revokeAgain(authority, row))));
  return due.length;
}

/** Asks the provider to revoke tokens, if the integration is still the client that they were issued to. */
export async function revokeAtProvider(
  authority: Authority,
  holder: Pick<FormerHolder, "integrationId" | "authority" | "clientHash" | "captured">,
  tokens: Tokens,
): Promise<RevocationOutcome> {
  // At many providers the revocation of one token ends all grants of its account: those of the original too.
  if ((await authority.deployment.foreignUrl()) !== null) return "unreachable";
  const integration = await authority.integrations.find(holder.integrationId);
  if (integration === null || !authority.integrations.isBoundTo(integration, holder)) return "unreachable";
  try {
    const server = await authority.integrations.serverOf(integration, holder.captured.origin);
    return await requestRevocation(server, tokens, holder.captured);
  } catch (error) {
    if (!(error instanceof EvergrantError)) throw error;
    authority.log.warn({ integration: holder.integrationId, error: describeError(error) }, "tokens were not revoked at the provider");
    return "unreachable";
  }
}

async function revokeAgain(authority: Authority, row: NewRevocation): Promise<void> {
  try {
    const outcome = await tryAgain(authority, row);
    if (outcome !== "unreachable") await settle(authority, row, outcome);
    else if (authority.now() >= row.giveUpAt) await settle(authority, row, "given_up");
    else await postpone(authority, row);
  } catch (error) {
    authority.log.error({ connectionId: row.connectionId, error: describeError(error) }, "a revocation was not tried");
  }
}

async function tryAgain(authority: Authority, row: NewRevocation): Promise<RevocationOutcome | "given_up"> {
  try {
    const sealed = await authority.vault.openOrReload(row.tokens, places.revocation(row.id));
    const { captured, ...tokens } = sealedShape.parse(JSON.parse(sealed));
    return await revokeAtProvider(authority, { ...row, captured }, tokens);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    // A key may come back; a damaged token will not.
    return error.code === "secret_unreadable" ? "given_up" : "unreachable";
  }
}

async function settle(authority: Authority, row: NewRevocation, outcome: RevocationOutcome | "given_up"): Promise<void> {
  const attempts = (row.attempts ?? 0) + 1;
  await settleRevocation(authority.database, row.id, {
    type: "connection.revocation",
    at: authority.now(),
    integrationId: row.integrationId,
    // Empty where the subject is forgotten meanwhile.
    subject: row.subject || null,
    connectionId: row.connectionId ?? null,
    details: { outcome, attempts },
  });
  if (outcome === "given_up") authority.log.warn({ connectionId: row.connectionId, attempts }, "a revocation was given up");
}

async function postpone(authority: Authority, row: NewRevocation): Promise<void> {
  const delayMs = Math.min(firstDueMs * 2 ** Math.min(row.attempts ?? 0, 20), longestBackoffMs) * (0.5 + Math.random() / 2);
  await postponeRevocation(authority.database, row.id, new Date(authority.now().getTime() + delayMs));
}
