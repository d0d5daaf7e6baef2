/**
 * The client as its users see it: ids and scopes are literals of their config wherever the compiler can know them.
 */
import type { InputOf, OutputOf, Procedures } from "./api.ts";
import type { IntegrationIdOf, ScopeOf, ScopesByIntegration } from "./typed-config.ts";
import type { CallOptions } from "./transport.ts";

/** What a token must be good for. */
export interface TokenWishes<Scope extends string = string> {
  /** It must live at least this long, in seconds; a younger one is fetched where it does not. */
  readonly minValiditySeconds?: number | undefined;
  /** These must be granted. */
  readonly requireScopes?: readonly Scope[] | undefined;
}

/** A connection by its id. `integration`, if given, must be the connection's own; it narrows the scopes to that integration's. */
export interface ByConnection<Id extends string = string> {
  readonly connectionId: string;
  readonly integration?: Id | undefined;
  readonly subject?: undefined;
}

/** A connection by whose it is; `accountId` where the subject has several there. */
export interface BySubject<Id extends string = string> {
  readonly integration: Id;
  readonly subject: string;
  readonly accountId?: string | undefined;
  readonly connectionId?: undefined;
}

/** Options of `accessToken`. */
export interface AccessTokenOptions<Id extends string = string, Scope extends string = string> extends TokenWishes<Scope>, CallOptions {
  readonly integration?: Id | undefined;
}

/** Options of `fetch`. */
export interface FetchOptions<Id extends string = string, Scope extends string = string> extends TokenWishes<Scope> {
  readonly integration?: Id | undefined;
  /** Hosts that the token may be sent to beside its provider's own, such as `api.example.com`, `*.example.com` or `127.0.0.1:8080`. */
  readonly resourceHosts?: readonly string[] | undefined;
  /** What the requests go out by; left out, the client's own `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** Where a stream of events begins. */
export interface EventsOptions extends CallOptions {
  /** Events after this id; left out, all there are. */
  readonly after?: number | undefined;
  /** The same as text, as server-sent events have it; it goes before `after`. */
  readonly lastEventId?: string | undefined;
}

/** A procedure whose input is taken as it is. */
type Call<Path extends keyof Procedures> = (input: InputOf<Path>, options?: CallOptions) => Promise<OutputOf<Path>>;
/** One that takes no input, or none that is needed. */
type CallWithoutInput<Path extends keyof Procedures> = (options?: CallOptions) => Promise<OutputOf<Path>>;
/** An input without the fields whose type depends on the config. */
type Rest<Path extends keyof Procedures, Field extends string> = Omit<InputOf<Path>, Field>;

/**
 * A client. All calls reject with `EvergrantRequestError` where the server refuses and with `EvergrantUnreachableError` where it does
 * not answer.
 */
export interface EvergrantClient<Scopes extends ScopesByIntegration = ScopesByIntegration> {
  /**
   * A working access token, kept in memory for as long as the server allows.
   *
   * Hand it on at once and ask again at every use: that costs nothing while it is fresh.
   *
   * @throws {ReauthorizationRequiredError} the grant has ended: send its owner to `authorizeUrl`.
   * @throws {MissingScopesError} `requireScopes` are not all granted: `authorizeUrl` asks for them.
   * @throws {NotConnectedError} the connection was disconnected: `authorizeUrl` makes one.
   * @throws {ProviderUnavailableError} no token at present: try again after `retryAt`.
   */
  accessToken<const Id extends IntegrationIdOf<Scopes> = IntegrationIdOf<Scopes>>(
    connectionId: string,
    options?: AccessTokenOptions<Id, ScopeOf<Scopes, NoInfer<Id>>>,
  ): Promise<string>;

  /**
   * A WHATWG fetch that speaks as a connection: its token, where its provider wants it, replaces the caller's own. Where the resource
   * server says that the token does not hold (RFC 6750 §3.1, or the provider's own way), it is refreshed once and the request sent once
   * more, unless its body was a stream.
   *
   * It rejects as `fetch` does, and as `accessToken` does. The token goes to its provider's hosts and those of `resourceHosts` only, and
   * follows no redirect to another origin.
   *
   * @throws {ResourceHostError} the request is for another host; nothing was sent.
   */
  fetch<const Id extends IntegrationIdOf<Scopes> = IntegrationIdOf<Scopes>>(
    connectionId: string,
    options?: FetchOptions<Id, ScopeOf<Scopes, NoInfer<Id>>>,
  ): typeof fetch;

  readonly tokens: {
    /** The token answer (design 3.3): a valid token, or why there is none and what to do next. From memory while it is fresh. */
    get<const Id extends IntegrationIdOf<Scopes> = IntegrationIdOf<Scopes>>(
      question: (ByConnection<Id> | BySubject<Id>) & TokenWishes<ScopeOf<Scopes, NoInfer<Id>>>,
      options?: CallOptions,
    ): Promise<OutputOf<"tokens.get">>;
    /** To be called when a resource server refused the token of that generation. Spends nothing where a newer one is there already. */
    readonly refresh: Call<"tokens.refresh">;
    /** Expiry, next and last refresh; no secret. */
    readonly status: Call<"tokens.status">;
  };

  readonly connections: {
    /** A connect link: open it in the subject's browser. Making one stores nothing. */
    authorize<const Id extends IntegrationIdOf<Scopes>>(
      input: Rest<"connections.authorize", "integration" | "scopes"> & {
        readonly integration: Id;
        /** Left out: the integration's `scopes`. */
        readonly scopes?: readonly ScopeOf<Scopes, NoInfer<Id>>[] | undefined;
      },
      options?: CallOptions,
    ): Promise<OutputOf<"connections.authorize">>;
    /** Makes a finished flow the subject's, whom the app itself has signed in. */
    readonly confirm: Call<"connections.confirm">;
    /** A page of connections; hand `nextCursor` back for the one after it. */
    list(
      filter?: Rest<"connections.list", "integration"> & { readonly integration?: IntegrationIdOf<Scopes> | undefined },
      options?: CallOptions,
    ): Promise<OutputOf<"connections.list">>;
    readonly get: Call<"connections.get">;
    /** Revokes the tokens at the provider and forgets them, here too. */
    readonly disconnect: Call<"connections.disconnect">;
  };

  readonly integrations: { readonly list: CallWithoutInput<"integrations.list"> };

  readonly scopes: {
    /** What an integration's provider offers. */
    list(input: { readonly integration: IntegrationIdOf<Scopes> }, options?: CallOptions): Promise<OutputOf<"scopes.list">>;
    /** A list of any scopes, judged one by one. */
    check(
      input: Rest<"scopes.check", "integration"> & { readonly integration: IntegrationIdOf<Scopes> },
      options?: CallOptions,
    ): Promise<OutputOf<"scopes.check">>;
    /** What was asked for and granted over a connection's life. */
    readonly ledger: Call<"scopes.ledger">;
  };

  /**
   * Events as they are committed, in order, each of them once: an async iterator that outlives connections and servers, and resumes
   * after the last event that it handed out. It ends when `signal` is aborted or the loop is left.
   *
   * While it is read, tokens that an event says are over (refreshed elsewhere, disconnected, to be authorized again) leave the memory.
   *
   * @throws {EvergrantRequestError} the server refuses.
   * @example for await (const event of evergrant.events({ after: lastSeen })) console.log(event.type, event.connectionId);
   */
  readonly events: ((options?: EventsOptions) => AsyncGenerator<OutputOf<"events.list">["events"][number], void>) & {
    /** What happened after an event; hand `nextAfter` back for more. */
    list(filter?: InputOf<"events.list">, options?: CallOptions): Promise<OutputOf<"events.list">>;
  };

  /** Integrations, those put at run time included: their ids are in no config, so they are plain strings here. */
  readonly config: {
    readonly list: CallWithoutInput<"config.list">;
    readonly get: Call<"config.get">;
    readonly put: Call<"config.put">;
    readonly remove: Call<"config.remove">;
  };

  /** Sessions for your users' browsers, made by your own backend. */
  readonly sessions: {
    /**
     * Makes a session for the user whom your app has signed in. What it answers is what `session` of a client in the page takes.
     *
     * @example const { sessionToken, expiresAt } = await evergrant.sessions.create({ subject: user.id });
     */
    create(
      input: Rest<"sessions.create", "integrations"> & {
        /** Left out: all that the key itself may use. */
        readonly integrations?: readonly IntegrationIdOf<Scopes>[] | undefined;
      },
      options?: CallOptions,
    ): Promise<OutputOf<"sessions.create">>;
    /** Ends one session, or all of a subject's, as at sign-out. */
    readonly revoke: Call<"sessions.revoke">;
  };

  readonly subjects: {
    /**
     * Forgets a subject, as when your user's account is closed: every grant is revoked, every row about them erased. It is finished even
     * where this call is interrupted. Needs `admin`.
     */
    readonly forget: Call<"subjects.forget">;
  };

  readonly apiKeys: {
    /** The key is in this answer and never again. */
    readonly create: Call<"apiKeys.create">;
    readonly list: CallWithoutInput<"apiKeys.list">;
    readonly revoke: Call<"apiKeys.revoke">;
  };
}
