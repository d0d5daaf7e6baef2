/**
 * A grant on its way into the store at the end of a flow: as a new connection, or in the place of the one that it renews.
 */
import type { AuthorizationServerFacts } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { type GrantHolder, findConnection, insertConnection, renewConnection } from "./connections-store.ts";
import { randomToken } from "./digests.ts";
import { describeError } from "./errors.ts";
import type { NewEvent } from "./events-store.ts";
import { pause } from "./single-flight.ts";
import type { TokenSet } from "./token-response.ts";
import { sealTokenSet } from "./token-set.ts";

export interface Grant {
  readonly connectionId: string;
  readonly holder: GrantHolder;
  readonly tokenSet: TokenSet;
  readonly requestedAt: Date;
}

/** How often a grant is put to the store before the flow is given up. */
const mostTries = 5;

/**
 * Stores a grant. Where the connection exists, the new grant wins over whatever happens to the old one at the same time.
 *
 * @param confirmationHash The unconfirmed grant that it is made of; null where it needed no confirmation.
 * @throws what the store throws, once it has refused five times.
 */
export async function storeGrant(
  authority: Authority,
  grant: Grant,
  facts: AuthorizationServerFacts,
  confirmationHash: string | null,
): Promise<void> {
  const { connectionId, holder } = grant;
  const committedBy = randomToken(16);
  for (let tries = 1; ; tries += 1) {
    const existing = await findConnection(authority.database, connectionId);
    // An answer that was lost on its way: the batch has landed all the same.
    if (existing?.committedBy === committedBy) return;
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
          confirmationHash,
        });
      } else {
        const recovered = existing.connection.status === "active" ? [] : [event("connection.recovered")];
        await renewConnection(authority.database, {
          id: connectionId,
          expected: existing.generation,
          holder,
          set,
          committedBy,
          event: event("connection.reauthorized"),
          more: recovered,
          confirmationHash,
        });
      }
      return;
    } catch (error) {
      authority.log.warn({ connectionId, tries, error: describeError(error) }, "storing a grant again");
      if (tries === mostTries) throw error;
      await pause(50 * 2 ** tries * (0.5 + Math.random()));
    }
  }
}
