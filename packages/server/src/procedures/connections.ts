/**
 * `connections.*`: beginning a flow, confirming its end, looking at what is connected, and ending it.
 */
import {
  authorizeInput,
  authorizeResult,
  confirmInput,
  connectionViewShape,
  connectionsGetInput,
  connectionsListInput,
  connectionsPageShape,
  disconnectInput,
  disconnectResult,
} from "@evergrant/schema";
import { concerning } from "../acting.ts";
import type { Authority } from "../authority.ts";
import { authorize } from "../authorize.ts";
import type { Caller } from "../callers.ts";
import { confirm } from "../confirm.ts";
import { viewConnection } from "../connection-view.ts";
import { type ConnectionWithExpiry, findConnection, listConnections } from "../connection-reads-store.ts";
import { disconnect } from "../disconnect.ts";
import { EvergrantError } from "../errors.ts";
import { reachesConnection, requireIntegration, requireSubject } from "../reach.ts";
import { procedure, router } from "../trpc.ts";

export const connections = router({
  authorize: procedure
    .input(authorizeInput)
    .output(authorizeResult)
    .mutation(async ({ ctx: { authority, caller }, input }) => {
      requireIntegration(caller, input.integration);
      requireSubject(caller, input.subject);
      return authorize(authority, input);
    }),

  confirm: procedure
    .input(confirmInput)
    .output(connectionViewShape)
    .mutation(async ({ ctx: { authority, caller }, input }) => {
      requireSubject(caller, input.subject);
      const { connectionId } = await confirm(authority, { ...input, reach: caller });
      return viewConnection(authority, await requireConnection(authority, caller, connectionId));
    }),

  list: procedure
    .input(connectionsListInput)
    .output(connectionsPageShape)
    .query(async ({ ctx: { authority, caller }, input }) => {
      const { cursor, limit, ...filter } = input;
      const rows = await listConnections(authority.database, { ...filter, reach: caller, before: cursor, limit });
      return {
        connections: await Promise.all(rows.map((row) => viewConnection(authority, row))),
        nextCursor: rows.length === limit ? (rows.at(-1)?.connection.id ?? null) : null,
      };
    }),

  get: procedure
    .input(connectionsGetInput)
    .output(connectionViewShape)
    .query(async ({ ctx: { authority, caller }, input }) =>
      viewConnection(authority, await requireConnection(authority, caller, input.connectionId)),
    ),

  disconnect: procedure
    .input(disconnectInput)
    .output(disconnectResult)
    .mutation(async ({ ctx: { authority, caller }, input }) => {
      await requireConnection(authority, caller, input.connectionId);
      return disconnect(authority, input.connectionId);
    }),
});

/** A connection within the caller's reach; anything else is not there. */
async function requireConnection(authority: Authority, caller: Caller, id: string): Promise<ConnectionWithExpiry> {
  const found = await findConnection(authority.database, id);
  if (found === null || !reachesConnection(caller, found.connection)) {
    throw new EvergrantError("unknown_connection", "connectionId: there is no such connection");
  }
  const { integrationId, subject } = found.connection;
  concerning({ connectionId: id, integrationId, subject });
  return found;
}
