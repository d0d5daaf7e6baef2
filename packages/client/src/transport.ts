/**
 * The way to the server: the only file that speaks tRPC. Calls of one tick share a POST, every exchange has a deadline, and what goes
 * wrong becomes one of our errors: tRPC's own carry the whole batch that they came in, tokens included.
 */
import type { ErrorCode } from "@evergrant/schema";
import { TRPCClientError, createTRPCUntypedClient, httpBatchLink } from "@trpc/client";
import type { InputOf, MutationPath, OutputOf, Procedures, QueryPath } from "./api.ts";
import { EvergrantRequestError, EvergrantUnreachableError } from "./errors.ts";
import { untilAborted } from "./until-aborted.ts";

/** Calls in one batch; the server takes no more. */
const maxBatch = 100;
/** What travels as a bearer token (RFC 6750 §2.1) and fits a header field. */
const credentialForm = /^[\x21-\x7e]+$/;

/** For one call. */
export interface CallOptions {
  /** Ends the waiting, not what the server has begun. */
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  query<Path extends QueryPath>(path: Path, input: InputOf<Path>, options?: CallOptions): Promise<OutputOf<Path>>;
  mutate<Path extends MutationPath>(path: Path, input: InputOf<Path>, options?: CallOptions): Promise<OutputOf<Path>>;
}

export interface TransportOptions {
  /** Where the server is: its `publicUrl`. */
  readonly url: string;
  /** Asked for at every exchange. */
  readonly credential: () => string | Promise<string>;
  readonly fetch: typeof fetch;
  /** For an exchange, from the credential to the last byte. */
  readonly deadlineMs: number;
}

/**
 * Its calls reject with `EvergrantRequestError` where the server refuses, with `EvergrantUnreachableError` where it does not answer,
 * and with whatever `credential` threw.
 *
 * @throws {TypeError} `url` is no absolute http(s) URL, or has user info, a query or a fragment.
 */
export function createTransport(options: TransportOptions): Transport {
  const url = endpointOf(options.url);
  const send = (input: RequestInfo | URL, init?: Init) =>
    exchange(options, typeof input === "string" ? input : new Request(input).url, init);
  const client = createTRPCUntypedClient({ links: [httpBatchLink({ url, maxItems: maxBatch, methodOverride: "POST", fetch: send })] });
  // A caller who leaves early leaves the batch to the others in it.
  const settle = async (path: keyof Procedures, call: () => Promise<unknown>, { signal }: CallOptions = {}): Promise<unknown> => {
    signal?.throwIfAborted();
    try {
      return await untilAborted(call(), signal);
    } catch (error) {
      throw error instanceof TRPCClientError ? toOwnError(error, path) : error;
    }
  };
  return {
    // The server is taken at its word: to check its answers here would put zod into every bundle.
    query: async (path, input, call) => (await settle(path, () => client.query(path, input), call)) as OutputOf<typeof path>,
    mutate: async (path, input, call) => (await settle(path, () => client.mutation(path, input), call)) as OutputOf<typeof path>,
  };
}

function endpointOf(url: string): string {
  // The URL is not repeated in the message: user info in it would be a secret.
  const mend = "url: an absolute http(s) URL without user info, query and fragment, such as https://evergrant.example.com";
  if (!URL.canParse(url)) throw new TypeError(mend);
  const { protocol, origin, pathname, username, password, search, hash } = new URL(url);
  if (!/^https?:$/.test(protocol) || `${username}${password}${search}${hash}` !== "") throw new TypeError(mend);
  return `${origin}${pathname.replace(/\/+$/, "")}/trpc`;
}

interface Init {
  readonly method?: string | undefined;
  readonly body?: BodyInit | null | undefined;
  readonly headers?: HeadersInit | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** One POST. The answer is read in here, so that its body is under the deadline too. */
async function exchange(options: TransportOptions, input: string, init: Init = {}): Promise<{ ok: boolean; json: () => Promise<unknown> }> {
  const { credential, fetch, deadlineMs } = options;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(unreachable(options, `no answer came within ${deadlineMs / 1000} s`)), deadlineMs);
  const signal = AbortSignal.any(init.signal ? [init.signal, deadline.signal] : [deadline.signal]);
  try {
    const bearer = await untilAborted(Promise.resolve(credential()), signal);
    if (!credentialForm.test(bearer)) throw new TypeError("token: the function must give a credential that fits an Authorization header");
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${bearer}`);
    const send = async () => {
      // "manual": the credential follows no redirect. "error" would say the same, but not every edge runtime knows it.
      const response = await fetch(input, { method: "POST", body: init.body ?? null, headers, signal, redirect: "manual" });
      return { ok: response.ok, status: response.status, text: await response.text() };
    };
    const { ok, status, text } = await untilAborted(send(), signal).catch((error: unknown) => {
      throw error instanceof EvergrantUnreachableError ? error : unreachable(options, describe(error));
    });
    const [calls = ""] = new URL(input).pathname.split("/").slice(-1);
    const body = parseEnvelopes(text, calls.split(",").length);
    if (body === undefined) throw unreachable(options, `something else answered there, with status ${status}`, status);
    return { ok, json: () => Promise.resolve(body) };
  } finally {
    clearTimeout(timer);
  }
}

/** The body, if it is what tRPC answers: an envelope for each call, or a single error for all of them. */
function parseEnvelopes(text: string, calls: number): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const fits = Array.isArray(body) ? body.length === calls && body.every((each) => isResult(each) || isFailure(each)) : isFailure(body);
  return fits ? body : undefined;
}

function isResult(value: unknown): boolean {
  return typeof value === "object" && value !== null && "result" in value && typeof value.result === "object" && value.result !== null;
}

function isFailure(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("error" in value)) return false;
  const { error } = value;
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "number";
}

function toOwnError(error: TRPCClientError<never>, procedure: keyof Procedures): unknown {
  // Without a shape it came from this side of the wire, and is ours or the caller's own.
  if (error.shape === undefined || error.shape === null) return error.cause ?? error;
  const data: { httpStatus?: unknown; reason?: unknown } = error.data ?? {};
  const httpStatus = typeof data.httpStatus === "number" ? data.httpStatus : 500;
  const reason = typeof data.reason === "string" ? (data.reason as ErrorCode) : null;
  const passing = httpStatus >= 500 || httpStatus === 429 || httpStatus === 408;
  // A server in trouble has said nothing about what it was asked; one that names its reason has.
  if (passing && (reason === null || reason === "store_unavailable")) {
    return new EvergrantUnreachableError(`${procedure}: Evergrant answered ${httpStatus}: ${error.message}`, httpStatus);
  }
  return new EvergrantRequestError(error.message, { procedure, reason, httpStatus });
}

function unreachable({ url }: TransportOptions, fault: string, httpStatus: number | null = null): EvergrantUnreachableError {
  return new EvergrantUnreachableError(
    `Evergrant cannot be reached at ${url}: ${fault}. Check that it runs and that url is right, then try again.`,
    httpStatus,
  );
}

/** What is known of a failed exchange. Its message and cause stay out: a fetch of the caller's own may put the request into them. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : error.name;
  return `the request failed (${code})`;
}
