/**
 * A whole Evergrant for one test: the real app on a real file, the sandbox as its provider, and a clock that is advanced, never waited for.
 */
import { resolveConfig } from "@evergrant/providers";
import type { AppInput, Permission, TokenAnswer } from "@evergrant/schema";
import { type Sandbox, type SandboxOptions, startSandbox } from "@evergrant/sandbox";
import { createTRPCClient, httpLink } from "@trpc/client";
import { type App, type AppOptions, createApp } from "../src/app.ts";
import { createApiKey } from "../src/create-api-key.ts";
import { type Database, openDatabase } from "../src/database.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { migrate } from "../src/migrate.ts";
import type { AppRouter } from "../src/router.ts";
import { type Browser, openBrowser } from "./browser.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

/** A key-encryption key for tests: thirty-two bytes of nothing. */
export const testKeys = `test:${Buffer.alloc(32).toString("base64")}`;

export interface StartOptions {
  readonly sandbox?: SandboxOptions;
  /** Over the defaults: one integration, `sandbox`, with `notes:read` and the optional `notes:write`. */
  readonly config?: (
    sandbox: Sandbox,
  ) => Partial<Omit<AppInput, "integrations">> & { providers?: AppInput["integrations"]["oauth"]["providers"] };
  readonly app?: Partial<AppOptions>;
  /** False: as on a platform that freezes work behind an answer, so that nothing is written there. */
  readonly worksBehind?: false;
  /** Another database than a fresh file. */
  readonly databaseUrl?: string;
}

export interface Started extends AsyncDisposable {
  readonly app: App;
  readonly api: ReturnType<typeof apiClient>;
  readonly apiKey: string;
  readonly database: Database;
  readonly folder: TemporaryFolder;
  readonly sandbox: Sandbox;
  readonly clock: TestClock;
  readonly publicUrl: string;
  /** Every line that the app has logged, as JSON. */
  readonly logged: string[];
  /** Another app on the same database, as another process would be. */
  another(options?: Partial<AppOptions>): Promise<App>;
  browser(): Browser;
  /** The procedures, called with this credential over HTTP. */
  as(apiKey: string): ReturnType<typeof apiClient>;
  apiKeyFor(permissions: Permission[], limits?: { integrations?: string[]; subjects?: string[] }): Promise<string>;
  /** Takes a subject through a whole flow; resolves with the connection's id. */
  connect(subject: string, options?: { scopes?: string[]; connectionId?: string; integration?: string }): Promise<string>;
}

export interface TestClock {
  readonly now: () => Date;
  readonly advance: (ms: number) => void;
  readonly advanceTo: (instant: string | Date | null) => void;
}

/** A clock that begins at the present, so that it agrees with the database's, and moves when it is told. */
export function testClock(): TestClock {
  let aheadMs = 0;
  return {
    now: () => new Date(Date.now() + aheadMs),
    advance: (ms) => {
      aheadMs += ms;
    },
    advanceTo: (instant) => {
      if (instant === null) throw new Error("there is no instant to advance to");
      aheadMs = Math.max(aheadMs, new Date(instant).getTime() - Date.now() + 1);
    },
  };
}

export async function start(options: StartOptions = {}): Promise<Started> {
  const clock = testClock();
  const folder = await temporaryFolder();
  const sandbox = await startSandbox({ consent: "automatic", now: clock.now, ...options.sandbox });
  const { providers, ...settings } = options.config?.(sandbox) ?? {};
  const publicUrl = settings.publicUrl ?? "http://127.0.0.1:4000";
  const resolution = await resolveConfig(
    {
      publicUrl,
      // The sandbox is on a loopback address, which a server with a public URL reaches only where it is told to.
      privateHosts: ["127.0.0.1"],
      ...settings,
      integrations: { oauth: { providers: providers ?? { sandbox: sandboxIntegration(sandbox) } } },
    },
    { environment: {}, development: true },
  );
  if (!resolution.ok) throw new Error(`the test's config has faults: ${JSON.stringify(resolution.faults)}`);
  for (const id of resolution.config.integrations.keys()) sandbox.registerRedirectUri(`${publicUrl}/oauth/callback/${id}`);

  const database = await openDatabase({ url: options.databaseUrl ?? folder.databaseUrl() });
  await migrate(database);
  const logged: string[] = [];
  const log = (level: string) => (fields: Record<string, unknown>, message: string) =>
    logged.push(JSON.stringify({ level, ...fields, message }));
  const another = (more: Partial<AppOptions> = {}) =>
    createApp({
      config: resolution.config,
      database,
      keys: parseEncryptionKeys(testKeys),
      now: clock.now,
      refresher: "none",
      ...(options.worksBehind === false ? {} : { waitUntil: () => {} }),
      log: { info: log("info"), warn: log("warn"), error: log("error") },
      ...options.app,
      ...more,
    });
  const app = await another();
  const { apiKey } = await createApiKey({ database, now: clock.now }, { name: "test", permissions: ["admin"] });
  const api = apiClient(app, publicUrl, apiKey);
  const browser = () =>
    openBrowser((request) => (new URL(request.url).origin === new URL(publicUrl).origin ? app.fetch(request) : fetch(request)));

  return {
    app,
    api,
    apiKey,
    database,
    folder,
    sandbox,
    clock,
    publicUrl,
    logged,
    another,
    browser,
    as: (key) => apiClient(app, publicUrl, key),
    apiKeyFor: async (permissions, limits = {}) =>
      (await createApiKey({ database, now: clock.now }, { name: "test", permissions, ...limits })).apiKey,
    connect: async (subject, { integration = "sandbox", ...more } = {}) => {
      const { authorizeUrl } = await api.connections.authorize.mutate({ integration, subject, ...more });
      const { response } = await browser().open(authorizeUrl);
      const page = (await response?.text()) ?? "";
      const id = /con_[\w-]+/.exec(page)?.[0];
      if (id === undefined) throw new Error(`the flow ended without a connection: ${page}\n${logged.join("\n")}`);
      return id;
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      database.close();
      await sandbox.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** An answer of which the test knows the status; any other fails it. */
export function withStatus<Status extends TokenAnswer["status"]>(status: Status, answer: TokenAnswer | undefined) {
  const isIt = (each: TokenAnswer): each is Extract<TokenAnswer, { status: Status }> => each.status === status;
  if (answer === undefined || !isIt(answer)) throw new Error(`the answer is not ${status} but ${answer?.status ?? "none"}`);
  return answer;
}

/** What the test knows to be there; its absence fails it. */
export function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error("there is nothing where something should be");
  return value;
}

/** The sandbox as an integration with its client. */
export function sandboxIntegration(sandbox: Sandbox): AppInput["integrations"]["oauth"]["providers"][string] {
  return {
    provider: "sandbox",
    parameters: { port: new URL(sandbox.issuer).port },
    clientId: sandbox.client.clientId,
    clientSecret: sandbox.client.clientSecret,
    scopes: ["notes:read"],
    optionalScopes: ["notes:write"],
  };
}

function apiClient(app: App, publicUrl: string, apiKey: string) {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `${publicUrl}/trpc`,
        headers: { authorization: `Bearer ${apiKey}` },
        fetch: (url, init) => app.fetch(new Request(url, { ...init, signal: init?.signal ?? null })),
      }),
    ],
  });
}
