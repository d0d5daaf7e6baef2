/**
 * The gate: whoever shows no valid credential gets one constant 401, whatever they asked for, and nobody asks more often than a quota.
 */
import type { MiddlewareHandler } from "hono";
import { currentAct } from "./acting.ts";
import type { Authority } from "./authority.ts";
import { type Caller, type UnstoredCredentials, authenticate } from "./callers.ts";
import { EvergrantError, storeUnavailable, trpcCode } from "./errors.ts";
import { type Taken, rateLimitFields } from "./rate-limits.ts";

export interface GateVariables {
  caller: Caller;
}

/** What a request shows before it is looked at any further. */
export interface Arrival {
  /** The `Authorization` header (RFC 6750 §2.1). */
  readonly authorization: string | null;
  readonly path: string;
}

/** Who was let through, and the header fields that say what is left of a quota, if anything is counted. */
export interface Admitted {
  readonly caller: Caller;
  readonly fields: Readonly<Record<string, string>>;
}

/** Lets a request through, or says how it is refused. */
export type Admit = (arrival: Arrival) => Promise<Admitted | Response>;

const json = { "content-type": "application/json", "cache-control": "no-store" };

/** The only answer that an uninvited caller ever sees, in the form that tRPC clients read. */
const unauthorized = JSON.stringify({
  error: {
    message: "A valid credential is required: send Authorization: Bearer with an API key or a session token.",
    code: -32001,
    data: { code: "UNAUTHORIZED", httpStatus: 401 },
  },
});

/** In the form that tRPC clients read. */
export const tooManyRequests = JSON.stringify({
  error: {
    message: "Too many requests: ask again after as many seconds as Retry-After says.",
    code: -32029,
    data: { code: "TOO_MANY_REQUESTS", httpStatus: 429, reason: "too_many_requests" },
  },
});

/** What a caller is told who may not, in the form that tRPC clients read. */
export function forbidden(message: string) {
  const data = { code: "FORBIDDEN", httpStatus: 403, reason: "permission_denied" };
  return { error: { message, code: -32003, data } };
}

/**
 * Makes the gate of an app. It looks at neither method nor body, and at a path only to count the calls of a batch.
 *
 * Who has no valid credential is counted by address, and everybody else by credential alone: nobody is kept out by what others do who
 * share an address.
 */
export function openGate(authority: Authority, unstored: UnstoredCredentials): Admit {
  const { database, now } = authority;
  const parts = { database, now, ...unstored };
  return async ({ authorization, path }) => {
    const caller = await authenticate(parts, authorization).catch(unavailable);
    if (caller instanceof Response) return caller;
    if (caller === null) {
      const taken = await authority.rateLimits.ofAddress("failed-authentication", currentAct().address);
      if (taken?.isWithin === false) return tooMany(taken);
      return new Response(unauthorized, { status: 401, headers: { ...json, "www-authenticate": 'Bearer realm="evergrant"' } });
    }
    if (caller.kind === "api_key") authority.apiKeyUses.note(caller.id);
    const taken = await authority.rateLimits.ofCaller(caller, path.split(/,|%2c/i).length);
    if (taken?.isWithin === false) return tooMany(taken);
    return { caller, fields: taken === null ? {} : rateLimitFields(taken) };
  };
}

/** The gate in front of routes. */
export function gate(admit: Admit): MiddlewareHandler<{ Variables: GateVariables }> {
  return async (context, next) => {
    const admitted = await admit({ authorization: context.req.header("authorization") ?? null, path: context.req.path });
    if (admitted instanceof Response) return admitted;
    context.set("caller", admitted.caller);
    await next();
    for (const [name, value] of Object.entries(admitted.fields)) context.res.headers.set(name, value);
    return undefined;
  };
}

function tooMany(taken: Taken): Response {
  return new Response(tooManyRequests, { status: 429, headers: { ...json, ...rateLimitFields(taken) } });
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
