/**
 * The server as a thing to embed: everything handed in, nothing started by itself, one `fetch` to mount.
 */
import { type IdentityProviderInput, type ImportResult, type Permission, isLoopbackHost } from "@evergrant/schema";
import type { ResolvedConfig } from "@evergrant/providers";
import { Hono } from "hono";
import { type Authority, type Log, type Timing, defaultTiming, silentLog } from "./authority.ts";
import { acting, begin } from "./acting.ts";
import { createApiKeyUses } from "./api-key-uses.ts";
import { openAuditLog } from "./audit-log.ts";
import { type RecordsKept, keepRecords } from "./keep-records.ts";
import { readBacklog } from "./backlog-store.ts";
import type { Database } from "./database.ts";
import { openDatabaseClock } from "./database-clock.ts";
import { openDeployment } from "./deployment.ts";
import { sha256Hex } from "./digests.ts";
import { describeError } from "./errors.ts";
import { unforeseen } from "./http-failure.ts";
import { createEventFeed } from "./event-feed.ts";
import { listEvents } from "./events-store.ts";
import { type GuardedFetch, createGuardedFetch } from "./guarded-fetch.ts";
import { connectRoutes } from "./http-connect.ts";
import { crossOrigin } from "./http-cross-origin.ts";
import { metricsRoutes } from "./http-metrics.ts";
import { type Admit, gate, openGate } from "./http-gate.ts";
import { plainTrpc, trpcRoutes } from "./http-trpc.ts";
import { type ImportOptions, importTokens } from "./import-tokens.ts";
import { type ProcedureCaller, procedureCaller } from "./call-procedure.ts";
import { type IncomingRequest, incomingRequests, requestToTarget } from "./incoming-request.ts";
import { createIdentityProvider } from "./identity-provider.ts";
import { createIntegrations } from "./integrations.ts";
import { createKeyKeeper } from "./key-keeper.ts";
import type { KeyEncryptionKeys } from "./key-encryption-key.ts";
import { openLog } from "./log-door.ts";
import { createOpenApiDocument } from "./openapi.ts";
import { createMetrics } from "./metrics.ts";
import { createOpenStreams } from "./open-streams.ts";
import { createProviderHealth } from "./provider-health.ts";
import { type RateLimitSettings, createRateLimits } from "./rate-limits.ts";
import { deliverDue } from "./deliver-due.ts";
import type { DeliveryCount } from "./deliver-webhooks.ts";
import { everything } from "./reach.ts";
import { refreshDue } from "./refresh-due.ts";
import { startRounds } from "./rounds.ts";
import { createFlights } from "./single-flight.ts";
import { openVault } from "./vault.ts";

export interface AppOptions {
  /** From `resolveConfig` of `@evergrant/providers`. */
  readonly config: ResolvedConfig;
  /** From `openDatabase`, migrated. `close` does not close it. */
  readonly database: Database;
  /** Key-encryption keys, or where to get them; the first one wraps, all of them unwrap. */
  readonly keys: KeyEncryptionKeys;
  /** What names this deployment to its database; left out, `publicUrl`. For servers whose URL nobody chose, such as one in development. */
  readonly deploymentUrl?: string;
  /** The clock; left out, this process's own, set by the database's. Leases run on the database's either way. */
  readonly now?: () => Date;
  /** The way out to providers; left out, a guarded one that follows no redirect and reaches no private address. */
  readonly fetch?: GuardedFetch;
  /** `interval`: this process refreshes what is due by itself. `none`: somebody calls `refreshDue`. */
  readonly refresher: "interval" | "none";
  /** Where the platform freezes work behind an answer: keeps a promise alive (`ctx.waitUntil`). */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  /** An `admin` credential that is in no table. */
  readonly bootstrapKey?: string;
  /** The app's own identity provider: whoever brings one of its JWTs has a session's powers for the subject that it names. */
  readonly identityProvider?: IdentityProviderInput;
  /** Over `defaultRateLimits`, for each process; `off`: nothing is counted. */
  readonly rateLimits?: Partial<RateLimitSettings> | "off";
  readonly log?: Log;
  readonly timing?: Partial<Timing>;
}

export interface App {
  /**
   * Answers a request, for a server or platform that speaks the Fetch API.
   *
   * @param from What the request does not tell: an object with `address`, where it came from, for the audit log and the limits by
   * address; and with `rawHeaders` (as Node's `IncomingMessage` has them), if the request's own are at hand in that form, which saves
   * their parsing. What a server adapter hands in beside is passed over.
   */
  fetch(request: Request, from?: object): Promise<Response>;
  /** The same for a path and init, without a socket. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The procedures in process, for a caller with these permissions. */
  caller(identity: { id: string; permissions: readonly Permission[] }): ProcedureCaller;
  /** Refreshes what is due; see `refreshDue`. */
  refreshDue(request: { limit: number; deadlineMs: number }): Promise<{ due: number }>;
  /** Brings tokens from another store; see `importTokens`. */
  importTokens(bytes: AsyncIterable<Uint8Array>, options: ImportOptions): AsyncGenerator<ImportResult>;
  /** Tells webhooks of events; see `deliverDue`. */
  deliverDue(request: { limit: number; deadlineMs: number }): Promise<Readonly<DeliveryCount>>;
  /** Seals the audit log, forgets what retention no longer keeps, and goes on with what was interrupted; see `keepRecords`. */
  keepRecords(request: { deadlineMs: number }): Promise<RecordsKept>;
  /** Ends streams, so that a server that waits for answers under way need not wait for those; they resume at another, or later. */
  endStreams(): void;
  /** Ends streams, stops the refresher and waits for refreshes under way. False if one still was when the time for it was over. */
  close(): Promise<boolean>;
}

/**
 * Makes the server.
 *
 * It starts even where a KMS is out of reach: what that one's keys have sealed is `key_unavailable` until it is back.
 *
 * @throws {VaultError} `key_unavailable`: the database holds data keys that none of `keys` unwraps, for a reason that does not pass.
 * @example
 * const database = await openDatabase({ url: "file:evergrant.db" });
 * await migrate(database);
 * const app = await createApp({ config, database, keys: parseEncryptionKeys(list), refresher: "interval" });
 * serve({ fetch: app.fetch });
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, database } = options;
  const clock = options.now === undefined ? await openDatabaseClock(database) : null;
  const now = options.now ?? (() => clock?.now() ?? new Date());
  const publicUrl = config.publicUrl.replace(/\/$/, "");
  const onLoopback = isLoopbackHost(new URL(publicUrl).hostname);
  const vault = await openVault({ database, keyEncryptionKeys: options.keys, now });
  const log = openLog(options.log ?? silentLog);
  const keepKeys = createKeyKeeper({ vault, log });
  await keepKeys();
  const ownFetch =
    options.fetch === undefined ? createGuardedFetch({ allowLoopback: onLoopback, privateHosts: config.privateHosts }) : null;
  const fetch = options.fetch ?? ownFetch;
  if (fetch === null) throw new TypeError("unreachable: a fetch was handed in or made");
  const flights = createFlights();
  const closing = new AbortController();
  const feed = createEventFeed({ database, log });
  const health = createProviderHealth(now);
  const metrics = createMetrics({ health, readBacklog: () => readBacklog(database, now()), now });
  const authority: Authority = {
    publicUrl,
    returnOrigins: config.returnOrigins,
    allowedOrigins: config.allowedOrigins,
    privateHosts: config.privateHosts,
    refresh: config.refresh,
    retention: config.retention,
    timing: { ...defaultTiming, ...options.timing },
    integrations: createIntegrations({ config, database, vault, fetch: metrics.counting(fetch, "provider"), now, log }),
    database,
    vault,
    fetch: metrics.counting(fetch, "webhook"),
    feed,
    deployment: await openDeployment({ database, publicUrl: options.deploymentUrl ?? publicUrl, now }),
    audit: openAuditLog({ database, vault, now, log, settings: config.audit, workBehind: options.waitUntil ?? null }),
    apiKeyUses: createApiKeyUses({
      database,
      now,
      log,
      keep: (work) => {
        flights.keep(work);
        options.waitUntil?.(work);
      },
    }),
    now,
    log,
    health,
    metrics,
    rateLimits: createRateLimits(options.rateLimits ?? {}),
    openStreams: createOpenStreams(),
    flights,
    closing: closing.signal,
    workBehind: options.waitUntil ?? (options.refresher === "none" ? null : (work) => flights.keep(work)),
  };

  const foreignUrl = await authority.deployment.foreignUrl();
  if (foreignUrl !== null)
    log.warn(
      { databaseOf: foreignUrl, publicUrl },
      "this database belongs to another deployment: nothing is refreshed, revoked or delivered until `evergrant adopt`",
    );
  const admit = openGate(authority, {
    bootstrapKeyHash: options.bootstrapKey === undefined ? null : sha256Hex(options.bootstrapKey),
    identityProvider:
      options.identityProvider === undefined
        ? null
        : createIdentityProvider(options.identityProvider, { fetch: metrics.counting(fetch, "provider"), now, log }),
  });
  const routes = createRoutes(authority, admit);
  const plain = plainTrpc(authority, admit);
  const incomingRequest = incomingRequests(publicUrl);
  const answer = async (request: Request, from?: object): Promise<Response> => {
    const incoming = incomingRequest(request, from);
    const { target, address, requestId } = incoming;
    const act = begin({ actor: { kind: "browser", id: null }, action: "request", address, requestId });
    const response = await acting(act, () => plain(incoming) ?? throughRoutes(incoming));
    metrics.requested(target, response.status);
    return response;
  };
  const throughRoutes = async (incoming: IncomingRequest): Promise<Response> => {
    const response = await routes.fetch(requestToTarget(incoming));
    response.headers.set("x-request-id", incoming.requestId);
    return response;
  };
  let closed: Promise<boolean> | undefined;
  const close = async (): Promise<boolean> => {
    closing.abort();
    stopRounds();
    feed.close();
    const drained = await flights.drain(authority.timing.drainMs);
    await authority.audit.flush().catch((error: unknown) => {
      log.error({ error: describeError(error) }, "the last reads were not audited");
    });
    await ownFetch?.close();
    return drained;
  };
  const beside = () => Promise.all([keepKeys(), clock?.measure()]);
  const stopRounds = options.refresher === "interval" ? startRounds(authority, beside) : () => {};
  return {
    fetch: (request, from) => answer(request, from),
    request: (path, init) => answer(new Request(new URL(path, publicUrl), init)),
    caller: (identity) =>
      procedureCaller({ authority, caller: { ...identity, kind: "embedded", isStored: false, endsAt: null, ...everything } }),
    refreshDue: async (request) => {
      await keepKeys();
      return refreshDue(authority, request);
    },
    importTokens: (bytes, settings) => importTokens(authority, bytes, settings),
    deliverDue: (request) => deliverDue(authority, request),
    keepRecords: (request) => keepRecords(authority, request),
    endStreams: () => feed.close(),
    close: () => (closed ??= close()),
  };
}

function createRoutes(authority: Authority, admit: Admit): Hono {
  const routes = new Hono();
  routes.onError((error) => unforeseen(authority, error));
  routes.use("/trpc/*", crossOrigin(authority), gate(admit));
  routes.route("/trpc", trpcRoutes(authority));
  routes.get("/healthz", (context) => context.json({ status: "ok" }));
  routes.get("/readyz", async (context) => {
    const status = await listEvents(authority.database, { after: 0, limit: 1 }).then(
      async () => ((await authority.deployment.foreignUrl()) === null ? "ready" : "not_adopted"),
      () => "database_unavailable",
    );
    return context.json({ status }, status === "ready" ? 200 : 503);
  });
  routes.route("/", connectRoutes(authority));
  routes.use(crossOrigin(authority));
  // Made when it is first asked for: most processes never are.
  let document: ReturnType<typeof createOpenApiDocument> | undefined;
  routes.get("/openapi.json", (context) => context.json((document ??= createOpenApiDocument(authority.publicUrl))));
  routes.use(gate(admit));
  routes.route("/", metricsRoutes(authority));
  routes.notFound((context) => context.json({ error: { message: "there is nothing here" } }, 404));
  return routes;
}
