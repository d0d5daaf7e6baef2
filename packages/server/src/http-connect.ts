/**
 * The browser's part of a flow: connect links, redirection endpoints, and where the browser is sent when a flow has ended.
 */
import type { Context } from "hono";
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { acting, begin, currentAct } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { openLink } from "./authorize.ts";
import { type FlowEnd, endFlow, keepFormPost } from "./callback.ts";
import { randomToken } from "./digests.ts";
import { describeError } from "./errors.ts";
import { type OpenerMessage, type Page, contentSecurityPolicy, failureText, renderPage } from "./pages.ts";

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

  routes.on(["GET", "HEAD"], "/connect/:link", async (context) => {
    // A mail scanner that only looks must not begin a flow.
    if (context.req.method === "HEAD") return context.body(null, 204);
    const browser = readCookie(context) ?? randomToken();
    const opened = await openLink(authority, context.req.param("link"), browser);
    if ("error" in opened) return page(context, 400, { title: "Not connected", text: failureText[opened.error], tell: null });
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

  routes.on(["GET", "POST"], "/*", async (context, next) => {
    // As it came: a decoded one may hold what no header field can.
    const { pathname: path, searchParams: parameters } = new URL(context.req.url);
    if (!path.startsWith("/oauth/callback/") && !(await authority.integrations.ownsRedirectPath(path))) return next();
    if (context.req.method === "HEAD") return context.body(null, 204);
    if (context.req.method === "POST") {
      const posted = new URLSearchParams((await context.req.text()).slice(0, maxFormBytes));
      const state = posted.get("state") ?? "";
      // Found or not, the GET says how it ended. The state is nothing new to the browser that brought it.
      await keepFormPost(authority, path, posted);
      return context.redirect(`${authority.publicUrl}${path}?${new URLSearchParams({ state })}`, 303);
    }
    try {
      const end = await endFlow(authority, { path, parameters, browser: readCookie(context) });
      if (end.result.status === "failed") authority.audit.note(currentAct(), end.result.error);
      return await answer(context, end);
    } catch (error) {
      authority.log.error({ error: describeError(error) }, "a flow could not be ended");
      return page(context, 500, { title: "Not connected", text: failureText.server_error, tell: null });
    }
  });
  return routes;
}

/** Sends the browser back to the app, or shows how the flow ended. */
function answer(context: Context, end: FlowEnd): Response | Promise<Response> {
  const { result } = end;
  const message: OpenerMessage = {
    source: "evergrant",
    status: result.status,
    ...(result.status === "failed" ? { error: result.error } : { connection: result.connectionId }),
    ...(result.status === "unconfirmed" ? { confirmation: result.confirmation } : {}),
  };
  const returnTo = end.returnTo === null ? null : withResult(end.returnTo, message);
  if (returnTo !== null && end.openerOrigin === null) return context.redirect(returnTo, 303);
  const tell = end.openerOrigin === null ? null : { origin: end.openerOrigin, message, returnTo };
  if (result.status === "failed") return page(context, 400, { title: "Not connected", text: failureText[result.error], tell });
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

async function page(context: Context, status: 200 | 400 | 500, content: Page): Promise<Response> {
  context.header("content-security-policy", contentSecurityPolicy);
  // The page must stay able to reach the window that opened it.
  context.header("cross-origin-opener-policy", "unsafe-none");
  return context.html(await renderPage(content), status);
}
