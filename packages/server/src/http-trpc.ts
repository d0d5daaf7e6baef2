/**
 * tRPC over HTTP, behind the gate. Nearly all calls are plain ones of backends and go past the routes; a request with anything special
 * about it, such as the origin of a browser's page, goes through them. Both end in `answerAdmitted`.
 */
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Context as HonoContext, HonoRequest, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Authority } from "./authority.ts";
import { refusalOf } from "./authorization.ts";
import { type Admit, type GateVariables, forbidden, tooManyRequests } from "./http-gate.ts";
import { unforeseen } from "./http-failure.ts";
import { type IncomingRequest, requestToTarget, targetOf } from "./incoming-request.ts";
import { type PlainAnswer, type PlainRequest, answerCalls, securityHeaders } from "./http-calls.ts";
import { appRouter } from "./router.ts";
import { endingWith } from "./open-streams.ts";
import type { Context } from "./trpc.ts";

const maxBodyBytes = 1024 * 1024;
/** Calls in one batch. */
const maxBatch = 100;

/** Subscriptions. */
const streams = new Set(["events.stream"]);

const prefix = "/trpc/";

/** The procedures, for callers whom the gate let through. */
export function trpcRoutes(authority: Authority): Hono<{ Variables: GateVariables }> {
  const routes = new Hono<{ Variables: GateVariables }>();
  routes.use(limitBody);
  routes.all("/*", async (context) => {
    const request = context.req.raw;
    const incoming = { request, target: targetOf(request.url) };
    const answer = await answerAdmitted(plain(context.req), incoming, { authority, caller: context.get("caller") });
    return answer instanceof Response ? answer : new Response(answer.body, answer);
  });
  return routes;
}

/**
 * Makes the short way of a plain request: it answers as the routes would, or with null where a request is for them.
 *
 * @see docs/decisions/hot-path.md
 */
export function plainTrpc(authority: Authority, admit: Admit): (incoming: IncomingRequest) => Promise<Response> | null {
  const answer = async (asked: PlainRequest, incoming: IncomingRequest): Promise<Response> => {
    const { requestId } = incoming;
    const admitted = await admit({ authorization: asked.header("authorization") ?? null, path: asked.path });
    if (admitted instanceof Response) return withFields(admitted, { "x-request-id": requestId });
    const answered = await answerAdmitted(asked, incoming, { authority, caller: admitted.caller });
    const fields = { ...admitted.fields, "x-request-id": requestId };
    if (answered instanceof Response) return withFields(answered, fields);
    // All at once: to set one afterwards has them all sorted and copied.
    const headers = { ...answered.headers, vary: `${answered.headers.vary}, Origin`, ...fields };
    return new Response(answered.body, { status: answered.status, headers });
  };
  return (incoming) => {
    const asked = plainRequestOf(incoming);
    return asked === null
      ? null
      : answer(asked, incoming).catch((error: unknown) => withFields(unforeseen(authority, error), { "x-request-id": incoming.requestId }));
  };
}

function plainRequestOf({ request, target, header }: IncomingRequest): PlainRequest | null {
  const queryAt = target.indexOf("?");
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  // Only browsers send an origin.
  if (!path.startsWith(prefix) || /[%#]/.test(path) || header("origin") !== undefined) return null;
  if (request.method !== "GET" && !(request.method === "POST" && isShort(header))) return null;
  let query: URLSearchParams | undefined;
  return {
    method: request.method,
    path: namesIn(path),
    query: (name) => (queryAt === -1 ? undefined : ((query ??= new URLSearchParams(target.slice(queryAt))).get(name) ?? undefined)),
    header,
    text: () => request.text(),
  };
}

function withFields(response: Response, fields: Readonly<Record<string, string>>): Response {
  response.headers.append("vary", "Origin");
  for (const [name, value] of Object.entries(fields)) response.headers.set(name, value);
  return response;
}

/** Answers a request of somebody whom the gate let through. */
async function answerAdmitted(
  asked: PlainRequest,
  incoming: Pick<IncomingRequest, "request" | "target">,
  context: Context,
): Promise<Response | PlainAnswer> {
  const { path } = asked;
  if (path.split(",").length > maxBatch) return Response.json({ error: { message: `at most ${maxBatch} calls a batch` } }, { status: 400 });
  // The status of a stream goes out before its procedure is asked, so its permission is looked at here as well.
  const refusal = streams.has(path) ? refusalOf(context.caller, path) : null;
  if (refusal !== null) return Response.json(forbidden(refusal), { status: 403 });
  if (streams.has(path)) {
    const leave = context.authority.openStreams.enter(context.caller);
    if (leave === null) return tooManyStreams();
    try {
      return endingWith(await answerByAdapter(incoming, null, context), leave);
    } catch (error) {
      leave();
      throw error;
    }
  }
  const outcome = await answerCalls(asked, context);
  if ("answer" in outcome) return outcome.answer;
  return answerByAdapter(incoming, outcome.leftWithBody, context);
}

async function answerByAdapter(
  incoming: Pick<IncomingRequest, "request" | "target">,
  body: string | null,
  context: Context,
): Promise<Response> {
  const response = await fetchRequestHandler({
    endpoint: "/trpc",
    req: requestToTarget(incoming, body),
    router: appRouter,
    allowMethodOverride: true,
    createContext: () => context,
  });
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
  // A proxy that compresses a stream holds it back.
  if (isStream(response)) response.headers.set("cache-control", "no-store, no-transform");
  return response;
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/** There is no telling when one of them ends; an event source asks again by itself. */
function tooManyStreams(): Response {
  return new Response(tooManyRequests, { status: 429, headers: { "content-type": "application/json", "retry-after": "30" } });
}

/** Whether a body's length stands in a header and is within bounds. */
function isShort(header: PlainRequest["header"]): boolean {
  const length = header("content-length");
  return length !== undefined && header("transfer-encoding") === undefined && Number(length) <= maxBodyBytes;
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

function plain(request: HonoRequest): PlainRequest {
  return {
    method: request.method,
    path: namesIn(new URL(request.url).pathname),
    query: (name) => request.query(name),
    header: (name) => request.header(name),
    text: () => request.raw.text(),
  };
}

/** The names of procedures in a path, read as tRPC's own adapter reads them: what is bounded here is what is called there. */
function namesIn(path: string): string {
  const names = path.slice(prefix.length);
  try {
    return decodeURIComponent(names).replace(/\/+$/, "");
  } catch {
    return names;
  }
}
