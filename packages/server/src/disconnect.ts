/**
 * Disconnecting: the tokens are gone from the connection at once, then revoked at the provider (RFC 7009), and the outcome is told.
 * A provider that cannot be reached is asked again from the outbox.
 */
import type { RevocationOutcome } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { type ConnectionRow, endConnection, findConnection } from "./connections-store.ts";
import { EvergrantError } from "./errors.ts";
import { revokeNow, toRevocation } from "./revocation-outbox.ts";
import { makeAccountDue, readSealedTokens } from "./token-sets-store.ts";
import { type Ciphertext, type Place, VaultError, places } from "./vault.ts";

/** How often the end of a connection is put to the store while refreshes move it on. */
const mostTries = 5;

/**
 * Ends a connection. A refresh under way finds its generation moved and revokes what it brings.
 *
 * @throws {EvergrantError} `unknown_connection`, `not_adopted`.
 */
export async function disconnect(
  authority: Authority,
  connectionId: string,
): Promise<{ connectionId: string; revocation: RevocationOutcome; rechecked: string[] }> {
  const foreignUrl = await authority.deployment.foreignUrl();
  if (foreignUrl !== null)
    throw new EvergrantError("not_adopted", `this database belongs to ${foreignUrl}: disconnect there, or run \`evergrant adopt\` first`);
  for (let tries = 1; ; tries += 1) {
    const found = await findConnection(authority.database, connectionId);
    if (found === null) throw new EvergrantError("unknown_connection", "connectionId: there is no such connection");
    const { connection } = found;
    if (connection.status === "disconnected") return { connectionId, revocation: "nothing_held", rechecked: [] };
    const sealed = await readSealedTokens(authority.database, connectionId);
    if (sealed.generation === null) throw new EvergrantError("unknown_connection", "connectionId: there is no such connection");
    const generation = sealed.generation;
    // Opened before they are forgotten, since the seals are bound to the generation that ends here.
    const tokens = {
      accessToken: await open(authority, sealed.accessToken, places.accessToken(connectionId, generation)),
      refreshToken: await open(authority, sealed.refreshToken, places.refreshToken(connectionId, generation)),
    };
    const revocation = toRevocation(authority, { ...connection, connectionId }, tokens);
    try {
      await endConnection(authority.database, {
        id: connectionId,
        expected: generation,
        revocation,
        event: {
          type: "connection.disconnected",
          at: authority.now(),
          integrationId: connection.integrationId,
          subject: connection.subject,
          connectionId,
          generation: generation + 1,
        },
      });
    } catch (error) {
      // A refresh may have moved the generation; then its tokens are the ones to revoke.
      if (tries === mostTries) throw error;
      continue;
    }
    const outcome =
      revocation === null ? "nothing_held" : await revokeNow(authority, revocation, { ...tokens, captured: connection.captured });
    return { connectionId, revocation: outcome, rechecked: outcome === "revoked" ? await recheckSiblings(authority, connection) : [] };
  }
}

/**
 * Where a revocation ends every grant of the account to this client, its other connections are made due: the provider says which
 * of them are still alive.
 */
async function recheckSiblings(authority: Authority, connection: ConnectionRow): Promise<string[]> {
  const integration = await authority.integrations.find(connection.integrationId);
  const { accountId, authority: issuer, clientHash } = connection;
  const endsAll = integration?.server.kind === "facts" && integration.server.facts.revocation?.ends === "account";
  if (!endsAll || accountId === null) return [];
  return makeAccountDue(authority.database, { accountId, authority: issuer, clientHash, now: authority.now() });
}

async function open(authority: Authority, sealed: Ciphertext | null, place: Place): Promise<string | null> {
  if (sealed === null) return null;
  try {
    return await authority.vault.openOrReload(sealed, place);
  } catch (error) {
    // A token that does not open cannot be revoked; it is forgotten all the same.
    if (error instanceof VaultError) return null;
    throw error;
  }
}
