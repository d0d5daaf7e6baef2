/**
 * Disconnecting: the tokens are gone from the connection at once, then revoked at the provider (RFC 7009), and the outcome is told.
 * A provider that cannot be reached is asked again from the outbox.
 */
import type { RevocationOutcome } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { type ConnectionRow, findConnection } from "./connection-reads-store.ts";
import { endConnection } from "./connections-store.ts";
import { EvergrantError } from "./errors.ts";
import { openHeldTokens, revokeNow, toRevocation } from "./revocation-outbox.ts";
import { makeAccountDue } from "./token-sets-store.ts";

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
    const held = await openHeldTokens(authority, connectionId);
    if (held === null) throw new EvergrantError("unknown_connection", "connectionId: there is no such connection");
    const { generation, tokens } = held;
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
export async function recheckSiblings(authority: Authority, connection: ConnectionRow): Promise<string[]> {
  const integration = await authority.integrations.find(connection.integrationId);
  const { accountId, authority: issuer, clientHash } = connection;
  const endsAll = integration?.server.kind === "facts" && integration.server.facts.revocation?.ends === "account";
  if (!endsAll || accountId === null) return [];
  return makeAccountDue(authority.database, { accountId, authority: issuer, clientHash, now: authority.now() });
}
