/**
 * The sandbox as a whole: starts it on a port of this machine, and hands out what steers it and what it saw.
 */
import { createServer, type Server } from "node:http";
import { Hono } from "hono";
import { createAccounts, type Account } from "./accounts.ts";
import { createAuthorizationServer } from "./authorization-server.ts";
import { createClients, type SandboxClient } from "./clients.ts";
import { createClock } from "./clock.ts";
import { createConnectedApps } from "./connected-apps.ts";
import { createControl, trapPath, type Controlled } from "./control.ts";
import { SandboxError } from "./errors.ts";
import { createFaults, type Faults, type Target } from "./faults.ts";
import { createFrontDoor } from "./front-door.ts";
import { createHolds, type Held, type HoldPoint } from "./holds.ts";
import { createInteraction, type Bindings } from "./interaction.ts";
import type { LivingGrant } from "./living-grant.ts";
import { createRecords, type Counters, type GrantRecord } from "./records.ts";
import { createResourceServer } from "./resource-server.ts";
import { fewerOf } from "./scopes.ts";
import { createStore, type Rotation } from "./store.ts";

export interface SandboxOptions {
  /** 0, the default, takes a free one. The host is always 127.0.0.1. */
  port?: number;
  /** Default: one client, `evergrant-sandbox`, whose redirection endpoint is that of an Evergrant on its default port. */
  clients?: SandboxClient[];
  /** `page` (default): a person logs in and consents. `automatic`: straight through, as `login_hint` or `setAccount` says. */
  consent?: "page" | "automatic";
  /** Default 60. */
  accessTokenLifetimeSeconds?: number;
  /**
   * `strict` (default): a refresh token works once, and using it again ends its whole family. `grace`: it works for `graceSeconds` more.
   * `none`: it stays the same.
   */
  rotation?: Rotation;
  /** Default 30; read under `grace` only. */
  graceSeconds?: number;
  /** Whether a refresh ends the access tokens before it, as it does at GitHub and GitLab. */
  refreshEndsAccessToken?: boolean;
  /** The clock by which tokens, codes and grants expire, here and in what the sandbox says. */
  now?: () => Date;
}

/** A running sandbox. */
export interface Sandbox extends AsyncDisposable {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  revocationEndpoint: string;
  introspectionEndpoint: string;
  userinfoEndpoint: string;
  /** `{ id, name, email }` for any valid access token, whatever its scopes. */
  accountEndpoint: string;
  /** The notes: reading needs `notes:read`, writing `notes:write`. */
  resourceUrl: string;
  /** The first client. */
  client: { clientId: string; clientSecret: string };
  faults: Faults;
  /** Stops the next request of that kind, before (default) or after it is processed. */
  hold: (on: Target, at?: HoldPoint) => Held;
  /** What the token endpoint was asked, in order. */
  grants: (grantType?: "refresh_token" | "authorization_code") => GrantRecord[];
  /** The grants that still work. */
  livingGrants: (account?: string) => LivingGrant[];
  counters: () => Counters;
  /** Forgets faults, holds, records, counters and the account chosen; grants and tokens live on. */
  reset: () => void;
  /** Ends grants as their owner might in the provider's settings; the result is how many. */
  revokeGrant: (of: { account: string } | { refreshToken: string }) => number;
  /** Ends access tokens before their time, and leaves refresh tokens alone. */
  endAccessTokens: (account?: string) => void;
  /** Whether the family of this refresh token still has one that works. Spends nothing. */
  isAlive: (refreshToken: string) => Promise<boolean>;
  /** Who logs in next under automatic consent, and every time after; the label is a name or an email address. */
  setAccount: (id: string, label?: string) => Account;
  /** @throws {SandboxError} `invalid_redirect_uri`, `unknown_client`. */
  registerRedirectUri: (uri: string, clientId?: string) => void;
  close: () => Promise<void>;
}

const defaultClient = {
  clientId: "evergrant-sandbox",
  clientSecret: "sandbox-secret-for-tests-only",
  redirectUris: ["http://127.0.0.1:4000/oauth/callback/sandbox"],
  name: "Evergrant",
} satisfies SandboxClient;

/**
 * Starts an authorization server and a small resource server on 127.0.0.1. Everything lives in memory.
 *
 * @throws {SandboxError} `port_taken`, `invalid_option`, `invalid_redirect_uri`.
 * @example
 * await using sandbox = await startSandbox({ consent: "automatic", clients: [{ clientId: "app", clientSecret: "s", redirectUris: [callback] }] });
 * sandbox.faults.add({ on: "refresh", kind: "drop", when: "after" });
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, clients: given = [defaultClient], consent = "page", rotation = "strict" } = options;
  const { accessTokenLifetimeSeconds = 60, graceSeconds = 30, refreshEndsAccessToken = false } = options;
  const [first] = given;
  if (first === undefined) throw new SandboxError("invalid_option", "clients: name at least one.");
  for (const [name, seconds] of Object.entries({ accessTokenLifetimeSeconds, graceSeconds })) {
    if (!Number.isInteger(seconds) || seconds < 1) throw new SandboxError("invalid_option", `${name}: give whole seconds, 1 or more.`);
  }

  const clock = createClock(options.now);
  const store = createStore({ clock, graceSeconds: rotation === "grace" ? graceSeconds : 0, refreshEndsAccessToken });
  const [accounts, clients, records, faults, holds] = [
    createAccounts(),
    createClients(given),
    createRecords(),
    createFaults(),
    createHolds(),
  ];
  const closing = new AbortController();

  const server = createServer();
  // oidc-provider wants to know its issuer when it is made, and a free port is known only once it is taken.
  const issuer = `http://127.0.0.1:${await listen(server, port)}`;
  const authorizationServer = await createAuthorizationServer({
    issuer,
    accounts,
    clients,
    clock,
    store,
    accessTokenLifetimeSeconds,
    rotation,
  });
  const { provider } = authorizationServer;

  const controlled: Controlled = {
    issuer,
    faults: { add: faults.add, clear: faults.clear, waiting: faults.waiting },
    grants: records.grants,
    livingGrants: store.livingGrants,
    counters: records.counters,
    reset: () => {
      faults.clear();
      holds.releaseAll();
      records.clear();
      accounts.forgetChoice();
    },
    revokeGrant: (of) => {
      const grantIds = "account" in of ? store.grantsOfAccount(of.account) : [store.grantOf(of.refreshToken) ?? []].flat();
      for (const grantId of grantIds) store.revokeGrant(grantId);
      return grantIds.length;
    },
    setAccount: (id, label = id) => accounts.choose(id, label),
    registerRedirectUri: (uri, clientId = first.clientId) => clients.registerRedirectUri(uri, clientId),
  };

  const app = new Hono<{ Bindings: Bindings }>();
  app.route("/", createInteraction({ provider, accounts, clients, consent, takeFault: faults.take }));
  app.route("/", createResourceServer(provider, accounts));
  app.route("/", createConnectedApps(store, clients));
  app.route(
    "/",
    createControl(controlled, () => records.count("trap")),
  );

  server.on(
    "request",
    createFrontDoor({
      issuer,
      app,
      authorizationServer,
      takeFault: faults.take,
      holds,
      records,
      clock,
      closing: closing.signal,
      lie: authorizationServer.lie,
      trapUrl: `${issuer.replace("127.0.0.1", "localhost")}${trapPath}`,
      narrow: (accessToken, scopes) => {
        const grantId = store.grantOf(accessToken) ?? "";
        const left = scopes ?? fewerOf(store.scopesOf(grantId));
        store.narrowGrant(grantId, left);
        return left;
      },
    }),
  );

  const close = async () => {
    closing.abort();
    holds.releaseAll();
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return {
    ...controlled,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/token/revocation`,
    introspectionEndpoint: `${issuer}/token/introspection`,
    userinfoEndpoint: `${issuer}/userinfo`,
    accountEndpoint: `${issuer}/me`,
    resourceUrl: `${issuer}/api/notes`,
    client: { clientId: first.clientId, clientSecret: first.clientSecret ?? "" },
    hold: holds.hold,
    endAccessTokens: (account) => store.endAccessTokens(account ?? null),
    isAlive: async (refreshToken) => store.isAlive(refreshToken),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EADDRINUSE") return reject(cause);
      reject(
        new SandboxError("port_taken", `Port ${port} on 127.0.0.1 is taken: choose another for the sandbox, or 0 for a free one.`, {
          cause,
        }),
      );
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
