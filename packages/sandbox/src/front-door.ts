/**
 * Every request to the sandbox comes in here: it is counted, recorded, held and spoilt as told, and passed to the one who answers.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Hono } from "hono";
import { answerOf, readBody, replay, send, type Answer } from "./answer.ts";
import type { AuthorizationServer } from "./authorization-server.ts";
import type { Clock } from "./clock.ts";
import type { Fault, Operation } from "./faults.ts";
import type { Holds } from "./holds.ts";
import type { Bindings } from "./interaction.ts";
import { perform, type Surroundings } from "./perform-fault.ts";
import { outcomeOf, type Counters, type GrantRecord, type Records } from "./records.ts";

/** What is counted. The paths are oidc-provider's defaults; the account endpoint and the notes are ours. */
const endpoints: Readonly<Record<string, keyof Counters>> = {
  "GET /auth": "authorization",
  "POST /auth": "authorization",
  "POST /token": "token",
  "POST /token/revocation": "revocation",
  "POST /token/introspection": "introspection",
  "GET /userinfo": "userinfo",
  "POST /userinfo": "userinfo",
  "GET /me": "account",
  "GET /api/notes": "notes",
  "POST /api/notes": "notes",
};

/** Paths that our own pages and the resource server answer; the authorization server has all the others. */
const ours = /^\/($|me$|api\/|interaction\/|connected-apps\/|sandbox\/)/;

interface FrontDoorOptions extends Pick<Surroundings, "narrow" | "lie" | "trapUrl" | "closing"> {
  issuer: string;
  app: Hono<{ Bindings: Bindings }>;
  authorizationServer: AuthorizationServer;
  takeFault: (operation: Operation) => Fault | undefined;
  holds: Holds;
  records: Records;
  clock: Clock;
}

/** A request listener for `node:http`; what fails unforeseen is a 500 that says so, for a sandbox has no secrets. */
export function createFrontDoor(options: FrontDoorOptions): RequestListener {
  const { issuer, app, authorizationServer, takeFault, holds, records, clock } = options;

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? "/", issuer);
    const endpoint = endpoints[`${request.method} ${pathname}`];
    if (endpoint !== undefined) records.count(endpoint);
    const isOurs = ours.test(pathname);
    if (!isOurs && endpoint !== "token" && endpoint !== "revocation") return authorizationServer.serve(request, response);

    const body = await readBody(request);
    const process = isOurs
      ? async () => answerOf(await app.fetch(webRequest(request, body, issuer), { incoming: request, outgoing: response }))
      : () => authorizationServer.process(replay(request, body), response);
    const operation = endpoint === undefined ? null : operationAt(endpoint, body);
    if (operation === null) return void (await send(await process(), response));

    const record = endpoint === "token" ? records.begin(clock.now(), new URLSearchParams(body), request.headers.authorization) : undefined;
    await holds.pass(operation, "before");
    const answer = await spoilt(takeFault(operation), process, record, options);
    await holds.pass(operation, "after");
    const status = await send(answer, response);
    if (record !== undefined) record.status = status;
  };

  return (request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent || options.closing.aborted) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end(`The sandbox itself failed: ${String(error)}`);
    });
  };
}

/** Processes a request, by way of the fault that meets it, and keeps the record true to what really happened. */
async function spoilt(
  fault: Fault | undefined,
  process: () => Promise<Answer>,
  record: GrantRecord | undefined,
  options: FrontDoorOptions,
) {
  const processAndRecord = async () => {
    const answer = await process();
    if (record !== undefined) Object.assign(record, outcomeOf(answer));
    return answer;
  };
  if (fault === undefined) return processAndRecord();
  if (record !== undefined) record.fault = fault.kind;
  const answer = await perform(fault, { ...options, process: processAndRecord });
  if (record?.outcome === "pending") record.outcome = "unprocessed";
  return answer;
}

/** What can be held and spoilt at an endpoint; at the token endpoint the grant decides. */
function operationAt(endpoint: keyof Counters, body: string): Operation | null {
  if (endpoint === "token") return new URLSearchParams(body).get("grant_type") === "refresh_token" ? "refresh" : "code";
  return endpoint === "revocation" || endpoint === "account" || endpoint === "notes" ? endpoint : null;
}

function webRequest(request: IncomingMessage, body: string, issuer: string): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const method = request.method ?? "GET";
  return new Request(new URL(request.url ?? "/", issuer), { method, headers, ...(method === "GET" || method === "HEAD" ? {} : { body }) });
}
