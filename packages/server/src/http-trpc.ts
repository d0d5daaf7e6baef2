/**
 * tRPC over HTTP, behind the gate: whoever shows no valid credential gets one constant 401, whatever they asked for.
 */
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Context as HonoContext, HonoRequest, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { currentAct } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { refusalOf } from "./authorization.ts";
import { type Caller, type UnstoredCredentials, authenticate } from "./callers.ts";
import { EvergrantError, storeUnavailable, trpcCode } from "./errors.ts";
import { type PlainRequest, answerCalls, securityHeaders } from "./http-calls.ts";
import { type Taken, rateLimitFields } from "./rate-limits.ts";
import { appRouter } from "./router.ts";

export interface GateVariables {
  caller: Caller;
}

const maxBodyBytes = 1024 * 1024;
/** Calls in one batch. */
const maxBatch = 100;

/** Subscriptions. */
const streams = new Set(["events.stream"]);

/** The only answer that an uninvited caller ever sees, in the form that tRPC clients read. */
const unauthorized = JSON.stringify({
  error: {
    message: "A valid credential is required: send Authorization: Bearer with an API key or a session token.",
    code: -32001,
    data: { code: "UNAUTHORIZED", httpStatus: 401 },
  },
});

/** What a caller is told who may not, in the form that tRPC clients read. */
export function forbidden(message: string) {
  const data = { code: "FORBIDDEN", httpStatus: 403, reason: "permission_denied" };
  return { error: { message, code: -32003, data } };
}

const tooManyRequests = JSON.stringify({
  error: {
    message: "Too many requests: ask again after as many seconds as Retry-After says.",
    code: -32029,
    data: { code: "TOO_MANY_REQUESTS", httpStatus: 429, reason: "too_many_requests" },
  },
});

function tooMany(taken: Taken): Response {
  const headers = { "content-type": "application/json", "cache-control": "no-store", ...rateLimitFields(taken) };
  return new Response(tooManyRequests, { status: 429, headers });
}

/**
 * Lets a request through with its caller, or answers 401 without having looked at path, method or body.
 *
 * Who has no valid credential is counted by address, and everybody else by credential alone: nobody is kept out by what others do who
 * share an address.
 */
export function gate(authority: Authority, unstored: UnstoredCredentials): MiddlewareHandler<{ Variables: GateVariables }> {
  return async (context, next) => {
    const { database, now } = authority;
    const credential = context.req.header("authorization") ?? null;
    const caller = await authenticate({ database, now, ...unstored }, credential).catch(unavailable);
    if (caller instanceof Response) return caller;
    if (caller === null) {
      const taken = await authority.rateLimits.ofAddress("failed-authentication", currentAct().address);
      if (taken?.isWithin === false) return tooMany(taken);
      return new Response(unauthorized, {
        status: 401,
        headers: { "content-type": "application/json", "cache-control": "no-store", "www-authenticate": 'Bearer realm="evergrant"' },
      });
    }
    if (caller.kind === "api_key") authority.apiKeyUses.note(caller.id);
    const calls = context.req.path.split(",").length;
    const taken = await authority.rateLimits.ofCaller(caller, calls);
    if (taken?.isWithin === false) return tooMany(taken);
    context.set("caller", caller);
    await next();
    if (taken !== null) for (const [name, value] of Object.entries(rateLimitFields(taken))) context.res.headers.set(name, value);
    return undefined;
  };
}

/** Whether somebody is let in cannot be told at present: that is no 401, which would have them throw a good credential away. */
function unavailable(error: unknown): Response {
  const fault = storeUnavailable(error) ?? error;
  if (!(fault instanceof EvergrantError) || trpcCode[fault.code] !== "SERVICE_UNAVAILABLE") throw error;
  const data = { code: "SERVICE_UNAVAILABLE", httpStatus: 503, reason: fault.code };
  return Response.json(
    { error: { message: fault.message, code: -32603, data } },
    { status: 503, headers: { "cache-control": "no-store", "retry-after": "5" } },
  );
}

/** The procedures, for callers whom the gate let through. */
export function trpcRoutes(authority: Authority): Hono<{ Variables: GateVariables }> {
  const routes = new Hono<{ Variables: GateVariables }>();
  routes.use(limitBody);
  routes.all("/*", async (context) => {
    const path = context.req.path.slice("/trpc/".length);
    if (path.split(",").length > maxBatch) return context.json({ error: { message: `at most ${maxBatch} calls a batch` } }, 400);
    // The status of a stream goes out before its procedure is asked, so its permission is looked at here as well.
    const refusal = streams.has(path) ? refusalOf(context.get("caller"), path) : null;
    if (refusal !== null) return context.json(forbidden(refusal), 403);
    if (streams.has(path) && authority.openStreams.isFull(context.get("caller"))) return tooManyStreams();
    const procedureContext = { authority, caller: context.get("caller") };
    const outcome = await answerCalls(plain(context.req, path), procedureContext);
    if ("answer" in outcome) return outcome.answer;
    const response = await fetchRequestHandler({
      endpoint: "/trpc",
      req: outcome.leftWithBody === null ? context.req.raw : withBody(context.req.raw, outcome.leftWithBody),
      router: appRouter,
      allowMethodOverride: true,
      createContext: () => procedureContext,
    });
    for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
    // A proxy that compresses a stream holds it back.
    if (streams.has(path)) response.headers.set("cache-control", "no-store, no-transform");
    return response;
  });
  return routes;
}

/** There is no telling when one of them ends; an event source asks again by itself. */
function tooManyStreams(): Response {
  return new Response(tooManyRequests, { status: 429, headers: { "content-type": "application/json", "retry-after": "30" } });
}

const tooLarge = (context: HonoContext) => context.json({ error: { message: "a body of at most 1 MiB" } }, 413);
const limitStream = bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge });

/** Where the length stands in a header the body is left alone: to look at it costs a stream. */
const limitBody: MiddlewareHandler = async (context, next) => {
  const { req } = context;
  if (req.method === "GET") return next();
  const length = req.header("content-length");
  if (length === undefined || req.header("transfer-encoding") !== undefined) return limitStream(context, next);
  return Number(length) > maxBodyBytes ? tooLarge(context) : next();
};

function plain(request: HonoRequest, path: string): PlainRequest {
  return {
    method: request.method,
    path,
    query: (name) => request.query(name),
    header: (name) => request.header(name),
    text: () => request.raw.text(),
  };
}

/** A request whose body has been read, to be read again. */
function withBody(request: Request, body: string): Request {
  return new Request(request.url, { method: request.method, headers: request.headers, body });
}
