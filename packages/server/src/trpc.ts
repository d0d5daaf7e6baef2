/**
 * tRPC, set up once: the context, the one permission check, and what callers are told of errors.
 */
import { type ActorKind, connectionIdShape, integrationIdShape, looksSecret, subjectShape } from "@evergrant/schema";
import { TRPCError, getTRPCErrorFromUnknown, initTRPC } from "@trpc/server";
import { ZodError, type ZodType, z } from "zod";
import type { Authority } from "./authority.ts";
import { type Concern, acting, begin } from "./acting.ts";
import { refusalOf } from "./authorization.ts";
import type { Caller } from "./callers.ts";
import { EvergrantError, describeError, storeUnavailable, trpcCode } from "./errors.ts";
import { KeyServiceError, VaultError } from "./vault-error.ts";

/** What a procedure is handed. */
export interface Context {
  readonly authority: Authority;
  readonly caller: Caller;
}

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

/**
 * Every procedure begins here: the caller's right to it is looked at, and errors become what a caller may see.
 *
 * One middleware and not two, since tRPC copies all it knows of a call for each.
 */
export const procedure = trpc.procedure.use(async ({ next, ctx, path, type, getRawInput }) => {
  const act = begin({ actor: { kind: kindOf(ctx.caller), id: ctx.caller.id }, action: path });
  const refusal = refusalOf(ctx.caller, path);
  if (refusal !== null) {
    const denied = new EvergrantError("permission_denied", refusal);
    ctx.authority.audit.note(act, denied.code);
    throw toCallersError(getTRPCErrorFromUnknown(denied), ctx.authority, path);
  }
  const result = await acting(act, next);
  // A change that was made has its row in the change's own batch.
  const isWritten = type === "mutation" && result.ok && act.isWritten;
  if (!isWritten) {
    if (act.about.integrationId === undefined) act.about = { ...concernOf(await getRawInput()), ...act.about };
    act.about = { ...act.about, subject: act.about.subject ?? ownSubjectOf(ctx.caller) };
    ctx.authority.audit.note(act, outcomeOf(result));
  }
  if (result.ok) return result;
  throw toCallersError(result.error, ctx.authority, path);
});

function kindOf({ kind }: Caller): ActorKind {
  return kind === "embedded" ? "operator" : kind;
}

/** Whom all that a session does concerns. */
function ownSubjectOf({ kind, subjects }: Caller): string | undefined {
  return kind === "session" ? subjects?.[0] : undefined;
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
  const away = storeUnavailable(cause);
  if (away !== null) return new TRPCError({ code: trpcCode[away.code], message: away.message, cause: away });
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
  return error.issues.map((issue) => `${issue.path.map(String).join(".") || "input"}: ${describeIssue(issue)}`).join("; ");
}

/** A name that is no word may be a value in the wrong place, and is not repeated. */
function describeIssue(issue: ZodError["issues"][number]): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  const names = issue.keys.filter((name) => /^\w{1,64}$/.test(name) && !looksSecret(name));
  return names.length === 0 ? "has a field that is not known here" : `there is no field ${names.slice(0, 5).join(", ")}`;
}
