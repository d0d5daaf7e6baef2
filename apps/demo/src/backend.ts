/**
 * The demo app's own backend: signs its user in, makes their sessions, calls the provider's API for them, and serves the page.
 */
import type { Sandbox } from "@evergrant/sandbox";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { AppFacts } from "./app-facts.ts";
import { endTokensAtProvider, revokeAtProvider } from "./at-provider.ts";
import { callNotes } from "./call-notes.ts";
import type { Evergrant } from "./evergrant.ts";
import { mintSession } from "./mint-session.ts";
import type { PageFiles } from "./page-files.ts";
import { createSignIn } from "./sign-in.ts";
import { type User, findUser, firstUser, users } from "./users.ts";

export interface BackendOptions {
  /** Where browsers reach it. */
  readonly appUrl: string;
  /** Evergrant's `publicUrl`. */
  readonly evergrantUrl: string;
  readonly evergrant: Evergrant;
  readonly sandbox: Sandbox;
  readonly page: PageFiles;
  readonly tokenLifetimeSeconds: number;
}

const mostBytes = 4_096;

/** @returns a fetch handler, for any server that speaks the Fetch API. */
export function createBackend(options: BackendOptions): (request: Request) => Promise<Response> {
  const { appUrl, evergrantUrl, evergrant, sandbox, page, tokenLifetimeSeconds } = options;
  const signIn = createSignIn();
  const app = new Hono<{ Variables: { user: User } }>();

  // A name that somebody makes resolve to this machine is none of ours (DNS rebinding).
  app.use((context, next) => (context.req.header("host") === new URL(appUrl).host ? next() : Promise.resolve(context.text("", 421))));
  app.use(securityHeaders(evergrantUrl), csrf({ origin: appUrl }), bodyLimit({ maxSize: mostBytes }));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (error instanceof SyntaxError) return context.json({ error: "invalid_json" }, 400);
    // The client's errors say by their code what there is to do.
    if ("code" in error && typeof error.code === "string") return context.json({ error: error.code }, 409);
    throw error;
  });

  app.use("/api/*", async (context, next) => {
    const user = await signIn.userOf(context);
    if (user === null) return context.json({ error: "signed_out" }, 401);
    context.set("user", user);
    await next();
    context.header("cache-control", "no-store");
    // Another tab may sign somebody else in: by this a page sees that it is not theirs.
    context.header("x-signed-in", user.id);
    return undefined;
  });
  app.get("/api/user", ({ json, var: { user } }) =>
    json({ user, users, evergrantUrl, providerUrl: sandbox.issuer, tokenLifetimeSeconds } satisfies AppFacts),
  );
  app.post("/api/user", async (context) => {
    const { id } = await context.req.json<{ id?: unknown }>();
    const next = findUser(id);
    if (next === undefined) return context.json({ error: "unknown_user" }, 400);
    // As at every sign-out: what the pages of the one before hold is worth nothing now.
    await evergrant.sessions.revoke({ subject: context.var.user.id });
    await signIn.set(context, next);
    return context.body(null, 204);
  });
  app.post("/api/session", async ({ json, var: { user } }) => json(await mintSession(evergrant, user)));
  app.on(["GET", "POST"], "/api/notes", async ({ req, var: { user } }) => {
    const init = req.method === "GET" ? {} : { method: "POST", body: await req.text(), headers: { "content-type": "application/json" } };
    const response = await callNotes(evergrant, user, new Request(sandbox.resourceUrl, init));
    const token = await evergrant.tokens.get({ integration: "sandbox", subject: user.id });
    const headers = new Headers({ "content-type": "application/json" });
    if (token.status === "active") headers.set("x-token-generation", String(token.generation));
    return new Response(response.body, { status: response.status, headers });
  });
  app.post("/api/provider/end-tokens", async ({ body, var: { user } }) => {
    await endTokensAtProvider(sandbox, evergrant, user);
    return body(null, 204);
  });
  app.post("/api/provider/revoke", async ({ body, var: { user } }) => {
    await revokeAtProvider(sandbox, evergrant, user);
    return body(null, 204);
  });

  app.get("/", async (context) => {
    if ((await signIn.userOf(context)) === null) await signIn.set(context, firstUser);
    context.header("cache-control", "no-store");
    return context.html(new TextDecoder().decode(page.get("/index.html")?.body));
  });
  app.get("/*", (context) => {
    const file = page.get(context.req.path);
    return file === undefined ? context.text("There is nothing here.\n", 404) : context.body(file.body, 200, { "content-type": file.type });
  });
  return async (request) => app.fetch(request);
}

/** The page runs its own script and calls its own backend and Evergrant, and that is all. */
function securityHeaders(evergrantUrl: string) {
  const self = "'self'";
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: [self],
      styleSrc: [self],
      imgSrc: [self, "data:"],
      connectSrc: [self, new URL(evergrantUrl).origin],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    // Popups tell the page that opened them how a flow has ended.
    crossOriginOpenerPolicy: "same-origin-allow-popups",
    referrerPolicy: "no-referrer",
    // There is no TLS on this machine's own address.
    strictTransportSecurity: false,
  });
}
