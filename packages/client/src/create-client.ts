/**
 * `createClient`: everything handed in, nothing started until the first call.
 */
import type { InputOf, MutationPath, QueryPath } from "./api.ts";
import type { EvergrantClient } from "./client.ts";
import { createAuthorizedFetch } from "./authorized-fetch.ts";
import { createClock } from "./clock.ts";
import { type CredentialOptions, createCredential } from "./credential.ts";
import { createFollower } from "./follow-events.ts";
import { createTokenReader } from "./read-token.ts";
import { requireActive } from "./require-active.ts";
import { type CallOptions, createTransport } from "./transport.ts";
import type { ScopesOf } from "./typed-config.ts";

export type ClientOptions = CredentialOptions & {
  /** The server's `publicUrl`. */
  readonly url: string;
  /** What every request goes out by; left out, the platform's `fetch` as it is at the time of the call. */
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds on a clock that never runs backwards, by which tokens grow old. */
  readonly now?: (() => number) | undefined;
  /** How long the server may take; default 30,000. Its own patience with a provider is 10 s, so give it more. */
  readonly deadlineMs?: number | undefined;
  /** How many tokens are kept in memory at most, the least recently used going first; default 1,000. */
  readonly maxCachedTokens?: number | undefined;
};

const defaultDeadlineMs = 30_000;
const defaultMaxCachedTokens = 1_000;

/**
 * Makes a client. With `typeof config`, integration ids and scopes are literals; nothing of the config is there at run time.
 *
 * Make one and share it: what is in memory is in this client, and calls of one tick share a request.
 *
 * @throws {TypeError} `url` or `apiKey` cannot be one.
 * @example
 * import { createClient } from "@evergrant/client";
 * import type config from "./evergrant.config.ts";
 *
 * const evergrant = createClient<typeof config>({ url: "https://evergrant.example.com", apiKey });
 * const octokit = new Octokit({ request: { fetch: evergrant.fetch(connectionId, { requireScopes: ["repo"] }) } });
 */
export function createClient<Config extends object = object>(options: ClientOptions): EvergrantClient<ScopesOf<Config>>;
// The typed client is this one: what its types add is gone at run time.
export function createClient(options: ClientOptions): EvergrantClient {
  const { url, deadlineMs = defaultDeadlineMs, maxCachedTokens = defaultMaxCachedTokens } = options;
  const now = options.now ?? createClock();
  // Called without a `this`, as browsers insist.
  const send: typeof fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const credential = createCredential(options, { now, maxAgeMs: deadlineMs });
  const transport = createTransport({ url, credential, fetch: send, deadlineMs });
  const reader = createTokenReader({ transport, now, maxCachedTokens, deadlineMs });
  const { query, mutate } = transport;

  function asking<Path extends QueryPath>(path: Path) {
    return (input: InputOf<Path>, call?: CallOptions) => query(path, input, call);
  }
  function doing<Path extends MutationPath>(path: Path) {
    return (input: InputOf<Path>, call?: CallOptions) => mutate(path, input, call);
  }

  return {
    accessToken: async (connectionId, { signal, ...wishes } = {}) =>
      requireActive(await reader.get({ connectionId, ...wishes }, { signal })).accessToken,
    fetch: (connectionId, { fetch: own = send, resourceHosts, ...wishes } = {}) =>
      createAuthorizedFetch({ reader, question: { connectionId, ...wishes }, resourceHosts, send: own }),
    tokens: {
      get: reader.get,
      refresh: reader.refresh,
      status: asking("tokens.status"),
    },
    connections: {
      authorize: doing("connections.authorize"),
      confirm: async (input, call) => {
        const connection = await mutate("connections.confirm", input, call);
        reader.forget(connection.id);
        return connection;
      },
      list: (filter = {}, call) => query("connections.list", filter, call),
      get: asking("connections.get"),
      disconnect: async (input, call) => {
        try {
          return await mutate("connections.disconnect", input, call);
        } finally {
          // Without an answer it may have been done all the same.
          reader.forget(input.connectionId);
        }
      },
    },
    integrations: { list: (call) => query("integrations.list", undefined, call) },
    scopes: {
      list: asking("scopes.list"),
      check: asking("scopes.check"),
      ledger: asking("scopes.ledger"),
    },
    events: Object.assign(createFollower({ transport, reader }), {
      list: (filter: InputOf<"events.list"> = {}, call?: CallOptions) => query("events.list", filter, call),
    }),
    config: {
      list: (call) => query("config.list", undefined, call),
      get: asking("config.get"),
      put: doing("config.put"),
      remove: doing("config.remove"),
    },
    sessions: {
      create: doing("sessions.create"),
      revoke: doing("sessions.revoke"),
    },
    subjects: { forget: doing("subjects.forget") },
    apiKeys: {
      create: doing("apiKeys.create"),
      list: (call) => query("apiKeys.list", undefined, call),
      revoke: doing("apiKeys.revoke"),
    },
  };
}
