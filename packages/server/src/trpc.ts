/**
 * tRPC, set up once: the context, the one permission check, and what callers are told of errors.
 */
import { type ActorKind, type Permission, connectionIdShape, integrationIdShape, subjectShape } from "@evergrant/schema";
import { TRPCError, getTRPCErrorFromUnknown, initTRPC } from "@trpc/server";
import { ZodError, type ZodType, z } from "zod";
import type { Authority } from "./authority.ts";
import { type Concern, acting, begin } from "./acting.ts";
import { type Caller, isPermitted } from "./callers.ts";
import { EvergrantError, describeError, trpcCode } from "./errors.ts";
import { StoreError } from "./store-error.ts";
import { KeyServiceError, VaultError } from "./vault-error.ts";

/** What a procedure is handed. */
export interface Context {
  readonly authority: Authority;
  readonly caller: Caller;
}

/** Procedure × permission: a procedure that is not in this table cannot be called. */
export const permissionOf: Readonly<Record<string, Permission>> = {
  "config.list": "config:read",
  "config.get": "config:read",
  "config.put": "config:write",
  "config.remove": "config:write",
  "integrations.list": "connections:read",
  "scopes.list": "config:read",
  "scopes.check": "config:read",
  "scopes.ledger": "connections:read",
  "connections.authorize": "connections:write",
  "connections.confirm": "connections:write",
  "connections.list": "connections:read",
  "connections.get": "connections:read",
  "connections.disconnect": "connections:write",
  "tokens.get": "tokens:read",
  "tokens.refresh": "tokens:read",
  "tokens.status": "connections:read",
  "events.list": "events:read",
  "events.stream": "events:read",
  "webhooks.create": "admin",
  "webhooks.list": "admin",
  "webhooks.update": "admin",
  "webhooks.remove": "admin",
  "webhooks.rotateSecret": "admin",
  "webhooks.deliveries": "admin",
  "webhooks.replay": "admin",
  "webhooks.test": "admin",
  "apiKeys.create": "admin",
  "apiKeys.list": "admin",
  "apiKeys.revoke": "admin",
  "audit.list": "admin",
  "keys.status": "admin",
  "keys.rotate": "admin",
  "keys.retire": "admin",
};

/** What a procedure tells of itself beside its types. */
export interface Meta {
  /** What it answers, where `output` would parse once more what the compiler has already checked: on the way of every token. */
  readonly answer?: ZodType;
}

const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    // Proxies close a connection on which nothing moves, most after a minute.
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        reason: error.cause instanceof EvergrantError ? error.cause.code : null,
      },
    }),
  });

export const router = trpc.router;
export const createCallerFactory = trpc.createCallerFactory;

/**
 * Every procedure begins here: the caller's permission is looked at, and errors become what a caller may see.
 *
 * One middleware and not two, since tRPC copies all it knows of a call for each.
 */
export const procedure = trpc.procedure.use(async ({ next, ctx, path, type, getRawInput }) => {
  const act = begin({ actor: { kind: kindOf(ctx.caller), id: ctx.caller.id }, action: path });
  const permission = permissionOf[path];
  if (permission === undefined || !isPermitted(ctx.caller, permission)) {
    const denied = new EvergrantError("permission_denied", `this API key lacks the permission ${permission ?? path}`);
    ctx.authority.audit.note(act, denied.code);
    throw toCallersError(getTRPCErrorFromUnknown(denied), ctx.authority, path);
  }
  const result = await acting(act, next);
  // A change that was made has its row in the change's own batch.
  const isWritten = type === "mutation" && result.ok && act.isWritten;
  if (!isWritten) {
    if (act.about.integrationId === undefined) act.about = { ...concernOf(await getRawInput()), ...act.about };
    ctx.authority.audit.note(act, outcomeOf(result));
  }
  if (result.ok) return result;
  throw toCallersError(result.error, ctx.authority, path);
});

function kindOf(caller: Caller): ActorKind {
  return caller.id === "bootstrap" ? "bootstrap" : "api_key";
}

const concernShape = z.object({
  connectionId: connectionIdShape.optional().catch(undefined),
  integration: integrationIdShape.optional().catch(undefined),
  subject: subjectShape.optional().catch(undefined),
});

/** What an input names, where it may be trusted to be no more than a name. */
function concernOf(input: unknown): Concern {
  const { connectionId, integration, subject } = concernShape.safeParse(input).data ?? {};
  return { connectionId, integrationId: integration, subject };
}

/** The status that was answered, `ok`, or an error's code. */
function outcomeOf(result: { ok: true; data: unknown } | { ok: false; error: TRPCError }): string {
  if (!result.ok) {
    const { cause, code } = result.error;
    return cause instanceof EvergrantError ? cause.code : code.toLowerCase();
  }
  const { data } = result;
  const isAnswer = typeof data === "object" && data !== null && "status" in data && "connectionId" in data;
  return isAnswer && typeof data.status === "string" ? data.status : "ok";
}

function toCallersError(error: TRPCError, authority: Authority, path: string): TRPCError {
  const { cause } = error;
  if (cause instanceof EvergrantError) return new TRPCError({ code: trpcCode[cause.code], message: cause.message, cause });
  if (cause instanceof ZodError) return new TRPCError({ code: "BAD_REQUEST", message: describeIssues(cause) });
  if (cause instanceof StoreError && (cause.code === "store_unavailable" || cause.code === "store_outcome_unknown")) {
    const unavailable = new EvergrantError("store_unavailable", "the database did not answer in time; try again");
    return new TRPCError({ code: trpcCode.store_unavailable, message: unavailable.message, cause: unavailable });
  }
  if ((cause instanceof VaultError && cause.code === "key_unavailable") || cause instanceof KeyServiceError) {
    const unavailable = new EvergrantError("key_unavailable", "an encryption key is out of reach; try again, or see the server's log");
    authority.log.error({ path, error: describeError(cause) }, cause.message);
    return new TRPCError({ code: trpcCode.key_unavailable, message: unavailable.message, cause: unavailable });
  }
  if (error.code !== "INTERNAL_SERVER_ERROR") return new TRPCError({ code: error.code, message: error.message });
  // What nobody foresaw may say anything, so its message stays here.
  authority.log.error({ path, error: describeError(cause ?? error) }, "a procedure failed");
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "something went wrong on this server; its log says what" });
}

/** A line for each fault of an input: the field and the mend. */
function describeIssues(error: ZodError): string {
  return error.issues.map((issue) => `${issue.path.map(String).join(".") || "input"}: ${issue.message}`).join("; ");
}
