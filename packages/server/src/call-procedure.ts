/**
 * Runs a procedure through its chain of middlewares as tRPC does. tRPC's own runner copies all it knows of a call twice for each of them,
 * with a helper for engines that have no object spread, which took longer than reading the token.
 */
import { TRPCError, type TRPCProcedureType, createTRPCRecursiveProxy, getTRPCErrorFromUnknown } from "@trpc/server";
import { appRouter } from "./router.ts";
import type { Context } from "./trpc.ts";

/** What is asked of a procedure. */
export interface Call {
  /** A procedure's name, such as `tokens.get`. */
  readonly path: string;
  readonly input: unknown;
  /** Its place in a batch, from 0. */
  readonly batchIndex: number;
}

/** What a middleware is handed, and what it may hand on changed. */
interface Options {
  readonly ctx: Context;
  readonly type: TRPCProcedureType;
  readonly path: string;
  readonly batchIndex: number;
  /** A call belongs to nobody who could end it: see single-flight.ts. */
  readonly signal: undefined;
  readonly getRawInput: () => Promise<unknown>;
  readonly input: unknown;
  readonly meta: unknown;
}

type Result = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: TRPCError };
type Next = (changes?: Partial<Options>) => Promise<Result>;
type Middleware = (options: Options & { next: Next }) => Promise<Result | undefined>;

/** What tRPC tells of a procedure at run time. */
interface BuiltProcedure {
  readonly _def: { readonly type: TRPCProcedureType; readonly meta?: unknown; readonly middlewares: readonly Middleware[] };
}

const procedures = new Map(Object.entries(appRouter._def.procedures as unknown as Record<string, BuiltProcedure>));

/** What kind of procedure a path names; undefined where there is none. */
export function typeOfProcedure(path: string): TRPCProcedureType | undefined {
  return procedures.get(path)?._def.type;
}

/** All procedures as functions of their inputs. */
export type ProcedureCaller = ReturnType<typeof appRouter.createCaller>;

/** Makes the procedures callable in process. */
export function procedureCaller(ctx: Context): ProcedureCaller {
  return createTRPCRecursiveProxy<ProcedureCaller>(({ path, args }) =>
    callProcedure({ path: path.join("."), input: args[0], batchIndex: 0 }, ctx),
  );
}

/**
 * Calls a procedure.
 *
 * @throws {TRPCError} What the procedure says to its caller; `NOT_FOUND` where there is none.
 */
export async function callProcedure({ path, input, batchIndex }: Call, ctx: Context): Promise<unknown> {
  const procedure = procedures.get(path);
  if (procedure === undefined) throw new TRPCError({ code: "NOT_FOUND", message: `there is no procedure ${path}` });
  const { type, meta, middlewares } = procedure._def;
  const getRawInput = async () => input;
  const result = await run(middlewares, 0, { ctx, type, path, batchIndex, signal: undefined, getRawInput, input: undefined, meta });
  if (result.ok) return result.data;
  throw result.error;
}

async function run(middlewares: readonly Middleware[], index: number, options: Options): Promise<Result> {
  try {
    const middleware = middlewares[index];
    const next: Next = (changes) => run(middlewares, index + 1, changed(options, changes));
    const result = await middleware?.({ ...options, next });
    if (result === undefined) throw new TypeError(`a middleware of ${options.path} has no result`);
    return result;
  } catch (cause) {
    return { ok: false, error: getTRPCErrorFromUnknown(cause) };
  }
}

function changed(options: Options, changes: Partial<Options> | undefined): Options {
  if (changes === undefined) return options;
  const { ctx } = changes;
  return { ...options, ...changes, ctx: ctx === undefined ? options.ctx : { ...options.ctx, ...ctx } };
}
