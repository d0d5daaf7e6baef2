/**
 * The browser's part of a flow: connect links, redirection endpoints, and where the browser is sent when a flow has ended.
 */
import type { FlowError } from "@evergrant/schema";
import type { Context } from "hono";
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { acting, begin, currentAct } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { openLink } from "./authorize.ts";
import { type FlowEnd, endFlow, keepFormPost } from "./callback.ts";
import { randomToken } from "./digests.ts";
import { type EndedFlow, endedFlowUrl, openEndedFlow } from "./ended-flow.ts";
import { describeError } from "./errors.ts";
import { VaultError } from "./vault-error.ts";
import { type OpenerMessage, type Page, type Telling, contentSecurityPolicy, failureText, renderPage } from "./pages.ts";
import { rateLimitFields } from "./rate-limits.ts";

const cookieName = "evergrant-flow";
const cookieLifetimeSeconds = 3_600;
const cookieForm = /^[A-Za-z0-9_-]{43}$/;
const maxFormBytes = 64 * 1024;

/** `GET /connect/:link`, and the redirection endpoints: `/oauth/callback/:integration` or an integration's own `redirectPath`. */
export function connectRoutes(authority: Authority): Hono {
  const routes = new Hono();
  const overHttps = authority.publicUrl.startsWith("https:");
  // `__Host-` (RFC 6265bis §4.1.3.2) keeps a sibling host from planting the cookie; plain http cannot have it.
  const prefix = overHttps ? ({ prefix: "host" } as const) : {};
  const readCookie = (context: Context): string | null => {
    const value = overHttps ? getCookie(context, cookieName, "host") : getCookie(context, cookieName);
    return value !== undefined && cookieForm.test(value) ? value : null;
  };

  routes.use(async (context, next) => {
    await acting(begin({ actor: { kind: "browser", id: null }, action: "flow" }), next);
    context.header("cache-control", "no-store");
    context.header("referrer-policy", "no-referrer");
    context.header("x-content-type-options", "nosniff");
  });

  /** Null where the browser's address may go on. */
  const refuseTooMany = async (context: Context): Promise<Response | null> => {
    const taken = await authority.rateLimits.ofAddress("flow", currentAct().address);
    if (taken === null || taken.isWithin) return null;
    for (const [name, value] of Object.entries(rateLimitFields(taken))) context.header(name, value);
    const text = "Too many connections were begun from here. Wait a minute, then open the link again.";
    return page(context, 429, { title: "Not connected", text, tell: null });
  };

  routes.on(["GET", "HEAD"], "/connect/:link", async (context) => {
    // A mail scanner that only looks must not begin a flow.
    if (context.req.method === "HEAD") return context.body(null, 204);
    const refused = await refuseTooMany(context);
    if (refused !== null) return refused;
    const browser = readCookie(context) ?? randomToken();
    const opened = await openLink(authority, context.req.param("link"), browser);
    if ("error" in opened) return failure(context, opened.error);
    setCookie(context, cookieName, browser, {
      ...prefix,
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
      secure: overHttps,
      maxAge: cookieLifetimeSeconds,
    });
    return context.redirect(opened.location, 303);
  });

  routes.get("/oauth/done/:end", async (context) => {
    const end = await openEndedFlow(authority, context.req.param("end"), readCookie(context));
    return typeof end === "string" ? failure(context, end) : show(context, end);
  });

  routes.on(["GET", "POST"], "/*", async (context, next) => {
    // As it came: a decoded one may hold what no header field can.
    const { pathname: path, searchParams: parameters } = new URL(context.req.url);
    if (!path.startsWith("/oauth/callback/") && !(await authority.integrations.ownsRedirectPath(path))) return next();
    if (context.req.method === "HEAD") return context.body(null, 204);
    const refused = await refuseTooMany(context);
    if (refused !== null) return refused;
    try {
      if (context.req.method === "POST") {
        const posted = await readForm(context);
        if (posted === null) return context.json({ error: { message: "a form of at most 64 KiB" } }, 413);
        const state = posted.get("state") ?? "";
        // Found or not, the GET says how it ended. The state is nothing new to the browser that brought it.
        await keepFormPost(authority, path, posted);
        return context.redirect(`${authority.publicUrl}${path}?${new URLSearchParams({ state })}`, 303);
      }
      const browser = readCookie(context);
      const end = await endFlow(authority, { path, parameters, browser });
      if (end.result.status === "failed") authority.audit.note(currentAct(), end.result.error);
      return await leave(context, authority, end, browser);
    } catch (error) {
      authority.log.error({ error: describeError(error) }, "a flow could not be ended");
      return failure(context, "server_error");
    }
  });
  return routes;
}

/** A posted form; null where it is too large, of which no more is read than that. */
async function readForm(context: Context): Promise<URLSearchParams | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of context.req.raw.body ?? []) {
    length += part.byteLength;
    if (length > maxFormBytes) return null;
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString());
}

/**
 * Sends the browser away from the redirection endpoint: to the app, or to the page that shows how the flow ended. It stays only where
 * loading the same URL again goes on with the flow.
 */
function leave(context: Context, authority: Authority, end: FlowEnd, browser: string | null): Response | Promise<Response> {
  const { result, returnTo, openerOrigin } = end;
  if (result.status === "failed" && result.error === "temporarily_unavailable") return failure(context, result.error);
  if (returnTo !== null && openerOrigin === null) return context.redirect(withResult(returnTo, messageOf(end)), 303);
  try {
    return context.redirect(endedFlowUrl(authority, end, browser), 303);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    // The flow has ended all the same, and its owner is to know how.
    return show(context, end);
  }
}

function messageOf({ result }: EndedFlow): OpenerMessage {
  return {
    source: "evergrant",
    status: result.status,
    ...(result.status === "failed" ? { error: result.error } : { connection: result.connectionId }),
    ...(result.status === "unconfirmed" ? { confirmation: result.confirmation } : {}),
  };
}

/** Shows how a flow ended, and tells the page that opened this one. */
function show(context: Context, end: EndedFlow): Promise<Response> {
  const { result } = end;
  const message = messageOf(end);
  const returnTo = end.returnTo === null ? null : withResult(end.returnTo, message);
  const tell = end.openerOrigin === null ? null : { origin: end.openerOrigin, message, returnTo };
  if (result.status === "failed") return failure(context, result.error, tell);
  const text =
    result.status === "connected"
      ? `You can close this page. Your connection: ${result.connectionId}`
      : "Go back to the app to finish. You can close this page.";
  return page(context, 200, { title: result.status === "connected" ? "Connected" : "Almost connected", text, tell });
}

function withResult(returnTo: string, message: OpenerMessage): string {
  const url = new URL(returnTo);
  for (const name of ["connection", "status", "error", "confirmation"] as const) {
    url.searchParams.delete(name);
    const value = message[name];
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

function failure(context: Context, error: FlowError, tell: Telling | null = null): Promise<Response> {
  const status = error === "temporarily_unavailable" ? 503 : error === "server_error" ? 500 : 400;
  return page(context, status, { title: "Not connected", text: failureText[error], tell });
}

async function page(context: Context, status: 200 | 400 | 429 | 500 | 503, content: Page): Promise<Response> {
  context.header("content-security-policy", contentSecurityPolicy);
  // The page must stay able to reach the window that opened it.
  context.header("cross-origin-opener-policy", "unsafe-none");
  return context.html(await renderPage(content), status);
}
