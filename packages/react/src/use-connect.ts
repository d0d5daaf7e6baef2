/**
 * Connecting an integration: what there is to do, and how it goes.
 */
import type { ConnectionView } from "@evergrant/schema";
import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { ConnectFailedError } from "./connect-failed-error.ts";
import { useHeld } from "./evergrant-context.ts";
import { flowKey } from "./flow-key.ts";
import { type FlowState, idle } from "./flow-state.ts";
import type { Way } from "./flows.ts";
import { type Need, missingOf, needOf } from "./need.ts";
import type { IntegrationId, IntegrationScope } from "./register.ts";
import { useConnectionsQuery } from "./use-connections.ts";
import { type WhichConnection, pickConnection } from "./use-connection.ts";

export interface ConnectOptions<Id extends IntegrationId = IntegrationId> extends WhichConnection, Way {
  /** What is to be granted: any of the integration's `scopes` and `optionalScopes`. Left out: its `scopes`. */
  readonly scopes?: readonly IntegrationScope<NoInfer<Id>>[] | undefined;
}

/** Where the flow stands (`status`, and what belongs to it), and what to do. */
export type Connect = FlowState & {
  /** What `connect` would be for. */
  readonly need: Need;
  /** Null where there is none. */
  readonly connection: ConnectionView | null;
  /** Why nothing is known, or why the last `disconnect` did not work; its message is for the person. */
  readonly problem: ConnectFailedError | null;
  /** Asks again for what is connected. */
  readonly reload: () => Promise<void>;
  /** What is to be granted and is not. */
  readonly missingScopes: readonly string[];
  /**
   * Begins a flow; to be called in a click, since browsers open no popup later. Renews a connection that needs it. While one is under
   * way, it comes to the front. Resolves when it has ended, and never rejects.
   */
  readonly connect: () => Promise<FlowState>;
  /** Ends the waiting. A connection that comes of it all the same is shown as such. */
  readonly cancel: () => void;
  /** Revokes the grant at the provider and forgets the tokens. Rejects where the server does not do it. */
  readonly disconnect: () => Promise<void>;
  readonly isDisconnecting: boolean;
};

/** How often the session looks for a connection while a person is at the provider: its page may never be able to tell. */
const lookEveryMs = 4_000;

/**
 * @example
 * const github = useConnect("github", { scopes: ["repo"] });
 * <button onClick={() => void github.connect()}>{github.need === "step_up" ? "Allow repositories" : "Connect"}</button>
 */
export function useConnect<const Id extends IntegrationId>(integration: Id, options: ConnectOptions<Id> = {}): Connect {
  const { client, flows, changed } = useHeld();
  const { connectionId, scopes, mode, returnTo } = options;
  const key = flowKey({ integration, connectionId, scopes });
  const state = useSyncExternalStore(
    flows.subscribe,
    () => flows.state(key),
    () => idle,
  );
  const found = useConnectionsQuery(
    (connections) => pickConnection(connections, integration, { connectionId }),
    state.status === "waiting" && lookEveryMs,
  );
  const connection = found.data ?? null;
  const need = found.data === undefined ? (found.isError ? "unavailable" : "unknown") : needOf(connection, scopes);

  const disconnection = useMutation({
    mutationFn: (id: string) => client.connections.disconnect({ connectionId: id }),
    onSettled: () => {
      flows.reset(key);
      return changed();
    },
  });
  const metBy = need === "nothing" ? connection?.id : undefined;
  useEffect(() => {
    if (metBy !== undefined) flows.noticed(key, metBy);
  }, [flows, key, metBy]);

  const renewed = connectionId ?? (need === "connect" ? undefined : connection?.id);
  const wanted = { integration, connectionId: renewed, scopes, isMet: need === "nothing" };
  const problem = (need === "unavailable" ? found.error : null) ?? disconnection.error;
  return {
    ...state,
    need,
    connection,
    problem: problem === null ? null : ConnectFailedError.of(problem),
    reload: async () => {
      await found.refetch();
    },
    missingScopes: connection === null ? [] : missingOf(connection, scopes),
    connect: () => flows.connect(key, wanted, { mode, returnTo }),
    cancel: useCallback(() => flows.cancel(key), [flows, key]),
    disconnect: async () => {
      if (connection !== null) await disconnection.mutateAsync(connection.id);
    },
    isDisconnecting: disconnection.isPending,
  };
}
