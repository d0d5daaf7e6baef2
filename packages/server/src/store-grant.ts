/**
 * A grant on its way into the store at the end of a flow: as a new connection, or in the place of the one that it renews.
 */
import type { AuthorizationServerFacts } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { type ConnectionRow, findConnection, findConnectionOfAccount } from "./connection-reads-store.ts";
import { type GrantHolder, type GrantSource, insertConnection, renewConnection } from "./connections-store.ts";
import { recheckSiblings } from "./disconnect.ts";
import { randomToken } from "./digests.ts";
import { EvergrantError, describeError } from "./errors.ts";
import type { NewEvent } from "./events-store.ts";
import { openHeldTokens, revokeNow, toRevocation } from "./revocation-outbox.ts";
import { pause } from "./single-flight.ts";
import type { TokenSet } from "./token-response.ts";
import { sealTokenSet } from "./token-set.ts";
import { findUnconfirmedGrant } from "./unconfirmed-grants-store.ts";

export interface Grant {
  readonly connectionId: string;
  readonly holder: GrantHolder;
  /** The account that its connection had when the flow ended, and that this grant may take the place of. */
  readonly accountBefore: string | null;
  readonly tokenSet: TokenSet;
  readonly requestedAt: Date;
}

/** How often a grant is put to the store before the flow is given up. */
const mostTries = 5;

/**
 * Stores a grant. Where its connection exists, or its account has one, the new grant takes the old one's place, and wins over whatever
 * happens to that one at the same time.
 *
 * @param source Where it stands until it is stored; null: nowhere.
 * @returns the id of its connection.
 * @throws {EvergrantError} `confirmation_invalid`: somebody else has confirmed or refused it meanwhile.
 * @throws what the store throws, once it has refused five times.
 */
export async function storeGrant(
  authority: Authority,
  grant: Grant,
  facts: AuthorizationServerFacts,
  source: GrantSource | null,
): Promise<string> {
  const { holder } = grant;
  const committedBy = randomToken(16);
  const confirmationHash = source !== null && "confirmationHash" in source ? source.confirmationHash : null;
  for (let tries = 1; ; tries += 1) {
    const existing = await findExisting(authority, grant);
    const connectionId = existing?.connection.id ?? grant.connectionId;
    // An answer that was lost on its way: the batch has landed all the same.
    if (existing?.committedBy === committedBy) return connectionId;
    if (tries > 1 && confirmationHash !== null && (await findUnconfirmedGrant(authority.database, confirmationHash)) === null) {
      throw new EvergrantError("confirmation_invalid", "confirmation: used at this very moment by somebody else");
    }
    const generation = existing === null ? 1 : existing.generation + 1;
    const set = sealTokenSet(authority, { connectionId, generation }, { ...grant, keptRefreshToken: null }, facts);
    const event = (type: NewEvent["type"]) => ({
      type,
      at: authority.now(),
      integrationId: holder.integrationId,
      subject: holder.subject,
      connectionId,
      generation,
      details: { scopes: [...holder.grantedScopes] },
    });
    try {
      if (existing === null) {
        await insertConnection(authority.database, {
          id: connectionId,
          holder,
          set,
          committedBy,
          event: event("connection.created"),
          source,
        });
      } else {
        refuseOtherAccount(existing.connection, grant);
        const replaced = await replacedGrant(authority, existing.connection, holder);
        const recovered = existing.connection.status === "active" ? [] : [event("connection.recovered")];
        await renewConnection(authority.database, {
          id: connectionId,
          expected: existing.generation,
          holder,
          set,
          committedBy,
          event: event("connection.reauthorized"),
          more: recovered,
          source,
          revocation: replaced?.revocation ?? null,
        });
        if (replaced !== null && (await revokeNow(authority, replaced.revocation, replaced.tokens)) === "revoked") {
          await recheckSiblings(authority, existing.connection);
        }
      }
      return connectionId;
    } catch (error) {
      if (error instanceof EvergrantError) throw error;
      authority.log.warn({ connectionId, tries, error: describeError(error) }, "storing a grant again");
      if (tries === mostTries) throw error;
      await pause(50 * 2 ** tries * (0.5 + Math.random()));
      // What refused it may have been that the data key it was sealed with is retired.
      await authority.vault.ring.reloadIfDue().catch(() => undefined);
    }
  }
}

/** Since the flow ended its connection may have come to another account, by another flow. */
function refuseOtherAccount({ accountId, status }: ConnectionRow, { accountBefore, holder }: Grant): void {
  if (status === "disconnected" || accountId === null || accountId === holder.accountId || accountId === accountBefore) return;
  throw new EvergrantError("confirmation_invalid", "confirmation: the connection has come to another account since; start the flow again");
}

/**
 * The grant of another account whose place is taken: nobody holds it any more, so it is revoked. One of the same account is dropped:
 * its revocation would end the new one at many providers.
 */
async function replacedGrant(authority: Authority, before: ConnectionRow, holder: GrantHolder) {
  if (before.status === "disconnected" || before.accountId === null || before.accountId === holder.accountId) return null;
  const held = await openHeldTokens(authority, before.id);
  const revocation = held === null ? null : toRevocation(authority, { ...before, connectionId: before.id }, held.tokens);
  return held === null || revocation === null ? null : { revocation, tokens: { ...held.tokens, captured: before.captured } };
}

/** The connection that a grant belongs to: its own, or the one that another flow has made for this account meanwhile. */
async function findExisting({ database }: Authority, { connectionId, holder }: Grant) {
  const own = await findConnection(database, connectionId);
  if (own !== null && own.connection.status !== "disconnected") return own;
  const { integrationId, subject, accountId } = holder;
  const ofAccount = accountId === null ? null : await findConnectionOfAccount(database, { integrationId, subject, accountId });
  return ofAccount === null ? own : findConnection(database, ofAccount);
}
