/**
 * The authorization server itself: oidc-provider 9, set up the way a careful provider would. The only file that configures it.
 */
import { createPrivateKey, generateKeyPair, randomBytes, type JsonWebKey } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { Provider, type Adapter } from "oidc-provider";
import type { Accounts } from "./accounts.ts";
import type { Answer } from "./answer.ts";
import type { Clients } from "./clients.ts";
import type { Clock } from "./clock.ts";
import { type IdTokenLie, lieAbout } from "./id-token-lies.ts";
import { errorPage } from "./pages.ts";
import { sandboxScopes } from "./scopes.ts";
import type { Rotation, Store } from "./store.ts";

const dayMs = 86_400_000;
/** How long a refresh token lives, each rotation anew. */
const refreshTokenSeconds = (14 * dayMs) / 1000;
const idTokenSeconds = 300;

export interface AuthorizationServer {
  provider: Provider;
  /** Lets the provider answer a request by itself. */
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Lets the provider process a request and hands back its answer, unsent. */
  process: (request: IncomingMessage, response: ServerResponse) => Promise<Answer>;
  /** An ID token of its own as it would be if it lied; undefined: none. */
  lie: (idToken: string, lie: IdTokenLie) => string | undefined;
}

interface AuthorizationServerOptions {
  issuer: string;
  accounts: Accounts;
  clients: Clients;
  clock: Clock;
  store: Store;
  accessTokenLifetimeSeconds: number;
  rotation: Rotation;
}

/** Generates keys of its own at each start: nothing it signs outlives it. */
export async function createAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { issuer, accounts, clients, clock, store, accessTokenLifetimeSeconds, rotation } = options;
  const key = await signingKey();
  const provider = new Provider(issuer, {
    adapter: (model) => adapterFor(model, store, clients),
    scopes: [...sandboxScopes],
    // `iat` is a claim here so that an ID token is stamped by our clock, not by Date.now.
    claims: { openid: ["sub", "iat"], profile: ["name"], email: ["email"] },
    findAccount: (_ctx, id) => {
      const { name, email } = accounts.byId(id);
      const issued = { iat: Math.floor(clock.nowMs() / 1000) };
      return { accountId: id, claims: async (use) => ({ sub: id, name, email, ...(use === "id_token" ? issued : {}) }) };
    },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    // The account endpoint `/me` is ours and plainer than OpenID Connect's.
    routes: { userinfo: "/userinfo" },
    // Left alone, access tokens are accepted for 15 seconds after their end.
    clockTolerance: 0,
    pkce: { required: () => true },
    rotateRefreshToken: rotation !== "none",
    issueRefreshToken: async (_ctx, client, code) => client.grantTypeAllowed("refresh_token") && code.scopes.has("offline_access"),
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: accessTokenLifetimeSeconds,
      AuthorizationCode: 60,
      Grant: refreshTokenSeconds,
      IdToken: () => Math.max(1, idTokenSeconds + clock.aheadSeconds()),
      Interaction: 600,
      RefreshToken: refreshTokenSeconds,
      Session: 600,
    },
    cookies: {
      keys: [randomBytes(32).toString("base64url")],
      // Cookies do not heed ports: whatever else runs on this host must not mistake ours for its own.
      names: { session: "sandbox_session", interaction: "sandbox_interaction", resume: "sandbox_resume" },
    },
    jwks: { keys: [key] },
    clientBasedCORS: () => false,
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: async (ctx, out) => {
      const page = await errorPage(out.error_description ?? out.error);
      ctx.set(page.headers);
      ctx.body = page.html;
    },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: false },
    },
  });
  // Koa would print every connection that a client breaks, and breaking them is half of what happens here.
  provider.silent = true;
  const answers = withholdAnswers(provider, clock);
  const serve = provider.callback();
  return {
    provider,
    serve,
    process: async (request, response) => {
      answers.expect(request);
      await serve(request, response);
      return answers.take(request);
    },
    lie: (idToken, lie) => lieAbout(idToken, lie, createPrivateKey({ key, format: "jwk" })),
  };
}

function adapterFor(model: string, store: Store, clients: Clients): Adapter {
  const adapter = store.adapter(model);
  if (model === "Client") return { ...adapter, find: async (id) => clients.metadata(id) };
  // A sign-in is forgotten with the authorization request that it was for, so that one browser can connect several accounts.
  if (model === "Session") return { ...adapter, upsert: async () => {}, find: async () => {} };
  return adapter;
}

/** Outermost in the provider's Koa: holds back the answers that were asked for, and dates introspections by our clock. */
function withholdAnswers(provider: Provider, clock: Clock) {
  const answers = new WeakMap<IncomingMessage, Answer | null>();
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === provider.pathFor("introspection") && ctx.body?.active === true) {
      ctx.body = { ...ctx.body, exp: ctx.body.exp + clock.aheadSeconds(), iat: ctx.body.iat + clock.aheadSeconds() };
    }
    if (!answers.has(ctx.req)) return;
    ctx.respond = false;
    const body = typeof ctx.body === "string" ? ctx.body : JSON.stringify(ctx.body ?? {});
    answers.set(ctx.req, { status: ctx.status, headers: ctx.response.headers, body });
  });
  return {
    expect: (request: IncomingMessage) => {
      answers.set(request, null);
    },
    take: (request: IncomingMessage): Answer => {
      const answer = answers.get(request);
      if (answer === undefined || answer === null) throw new Error("The authorization server gave no answer.");
      return answer;
    },
  };
}

let signingKeyOfThisProcess: Promise<JsonWebKey> | undefined;

/** RS256, as clients without discovery expect; made once a process, since it takes a tenth of a second and proves nothing here. */
function signingKey(): Promise<JsonWebKey> {
  signingKeyOfThisProcess ??= promisify(generateKeyPair)("rsa", { modulusLength: 2048 }).then(({ privateKey }) => ({
    ...privateKey.export({ format: "jwk" }),
    alg: "RS256",
    use: "sig",
  }));
  return signingKeyOfThisProcess;
}
