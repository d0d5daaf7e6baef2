/**
 * The short way of a call: a plain query or mutation, or a batch of them, without what tRPC's own adapter prepares for streams, aborts
 * and uploads, which takes longer than the procedure. Whatever is not plain, or not well-formed, is left to that adapter.
 */
import { type TRPCProcedureType, TRPCError, getTRPCErrorFromUnknown, getTRPCErrorShape } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import { type Call, callProcedure, typeOfProcedure } from "./call-procedure.ts";
import { appRouter } from "./router.ts";
import type { Context } from "./trpc.ts";

/** A request as far as it has been read. */
export interface PlainRequest {
  readonly method: string;
  /** The names of procedures, decoded, with commas between. */
  readonly path: string;
  /** A query parameter, decoded. */
  query(name: string): string | undefined;
  header(name: string): string | undefined;
  /** The body; asked for once. */
  text(): Promise<string>;
}

/** What becomes of a request: an answer, or the request back, with the body that was read of it, for tRPC's own adapter. */
export type Outcome = { readonly answer: PlainAnswer } | { readonly leftWithBody: string | null };

export interface PlainAnswer {
  readonly status: number;
  readonly headers: typeof headers;
  readonly body: string;
}

/** On every answer: nobody stores it, and no browser takes it for anything else. */
export const securityHeaders = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};
/** `vary` is what tRPC's own adapter says. */
const headers = { "content-type": "application/json", vary: "trpc-accept, accept", ...securityHeaders };

/** Answers the calls of a request as tRPC's own adapter would, or gives the request back. */
export async function answerCalls(request: PlainRequest, context: Context): Promise<Outcome> {
  if (!isPlain(request)) return { leftWithBody: null };
  const isBatch = request.query("batch") === "1";
  const paths = isBatch ? request.path.split(",") : [request.path];
  const types = new Set(paths.map((path) => typeOfProcedure(path)));
  const [type] = types;
  if (type === undefined || type === "subscription" || types.size > 1) return { leftWithBody: null };
  if (request.method === "GET" && type === "mutation") return { leftWithBody: null };

  const body = request.method === "POST" ? await request.text() : null;
  const parsed = parse(body ?? request.query("input"));
  if (parsed === malformed || (isBatch && !isObject(parsed))) return { leftWithBody: body };
  const inputOf = (index: number): unknown => (isBatch ? (parsed as Record<number, unknown>)[index] : parsed);
  const results = await Promise.all(
    paths.map((path, index) => resultOf({ path, input: inputOf(index), batchIndex: index }, type, context)),
  );
  const answer = isBatch ? results : results[0];
  if (answer === undefined) return { leftWithBody: body };
  return { answer: { status: getHTTPStatusCode(answer), headers, body: JSON.stringify(answer) } };
}

/** JSON over GET or POST, answered whole: no stream, no upload, no parameters of a connection. */
function isPlain(request: PlainRequest): boolean {
  const accept = request.header("trpc-accept") ?? request.header("accept");
  if (accept?.includes("jsonl") === true || request.query("connectionParams") !== undefined) return false;
  const contentType = request.header("content-type");
  return request.method === "POST" ? contentType === "application/json" : request.method === "GET" && contentType === undefined;
}

const { _config: config } = appRouter._def;

const malformed = Symbol("malformed");

/** No input at all is an empty batch, or undefined. */
function parse(text: string | undefined): unknown {
  if (text === undefined) return {};
  try {
    return JSON.parse(text);
  } catch {
    return malformed;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function resultOf(call: Call, type: TRPCProcedureType, ctx: Context) {
  try {
    return { result: { data: await callProcedure(call, ctx) } };
  } catch (cause) {
    const error = cause instanceof TRPCError ? cause : getTRPCErrorFromUnknown(cause);
    return { error: getTRPCErrorShape({ config, ctx, error, input: call.input, path: call.path, type }) };
  }
}
