/**
 * TanStack Query's options for every procedure that a session may call. They go out through the one client, which holds the session,
 * batches and knows our errors; so tRPC's own part here is names and types.
 */
import { type CallOptions, EvergrantUnreachableError, type EvergrantClient, type InputOf } from "@evergrant/client";
import type { QueryClient } from "@tanstack/react-query";
import { TRPCClientError, type TRPCClientErrorLike, type TRPCLink, createTRPCUntypedClient } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { type TRPCOptionsProxy, createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { BrowserRouter } from "./browser-router.ts";
import { ownErrorOf } from "./own-error.ts";

/** `api.connections.list.queryOptions({ … })`, and so on. */
export type Api = TRPCOptionsProxy<BrowserRouter, { keyPrefix: true }>;

/** Of a query; its `message` is the client's, and so says how to mend it. */
export type ApiError = TRPCClientErrorLike<BrowserRouter>;

/** The first part of every query key, which keeps ours apart from those of the app's own tRPC. */
export const keyPrefix = "evergrant";

/** After that many tries a server that does not answer is taken to be away. */
const maxRetries = 3;

export function createQueries(client: EvergrantClient, queryClient: QueryClient): Api {
  return createTRPCOptionsProxy<BrowserRouter, { keyPrefix: true }>({
    client: createTRPCUntypedClient<BrowserRouter>({ links: [throughClient(client)] }),
    queryClient,
    keyPrefix,
  });
}

/** Whether asking again may bring more: a refusal stays one. For `retry` of a query. */
export function isWorthRetrying(failures: number, error: unknown): boolean {
  return ownErrorOf(error) instanceof EvergrantUnreachableError && failures < maxRetries;
}

type Call = (input: unknown, options: CallOptions) => Promise<unknown>;

function throughClient(client: EvergrantClient): TRPCLink<BrowserRouter> {
  const { connections, integrations, scopes, tokens, events } = client;
  // Inputs are as typed by the proxy that all calls come through.
  const calls: Readonly<Record<string, Call>> = {
    "connections.list": (input, options) => connections.list(input as InputOf<"connections.list">, options),
    "connections.get": (input, options) => connections.get(input as InputOf<"connections.get">, options),
    "connections.authorize": (input, options) => connections.authorize(input as InputOf<"connections.authorize">, options),
    "connections.confirm": (input, options) => connections.confirm(input as InputOf<"connections.confirm">, options),
    "connections.disconnect": (input, options) => connections.disconnect(input as InputOf<"connections.disconnect">, options),
    "integrations.list": (_input, options) => integrations.list(options),
    "scopes.list": (input, options) => scopes.list(input as InputOf<"scopes.list">, options),
    "scopes.check": (input, options) => scopes.check(input as InputOf<"scopes.check">, options),
    "tokens.status": (input, options) => tokens.status(input as InputOf<"tokens.status">, options),
    "events.list": (input, options) => events.list(input as InputOf<"events.list">, options),
  };
  return () =>
    ({ op }) =>
      observable((observer) => {
        const call = calls[op.path];
        if (call === undefined) return observer.error(TRPCClientError.from(new Error(`a session cannot call ${op.path}`)));
        void answer(call(op.input, { signal: op.signal ?? undefined }), observer);
        return undefined;
      });
}

type Observer = Parameters<
  Parameters<typeof observable<{ result: { type: "data"; data: unknown } }, TRPCClientError<BrowserRouter>>>[0]
>[0];

async function answer(answered: Promise<unknown>, observer: Observer): Promise<void> {
  try {
    observer.next({ result: { type: "data", data: await answered } });
    observer.complete();
  } catch (error) {
    observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error))));
  }
}
