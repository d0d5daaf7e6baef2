/**
 * The way to the server: the only file that speaks tRPC. Calls of one tick share a POST, every exchange has a deadline, and what goes
 * wrong becomes one of our errors: tRPC's own carry the whole batch that they came in, tokens included.
 */
import type { ErrorCode } from "@evergrant/schema";
import { TRPCClientError, createTRPCUntypedClient, httpBatchLink } from "@trpc/client";
import type { InputOf, MutationPath, OutputOf, Procedures, QueryPath } from "./api.ts";
import type { CredentialSource } from "./credential.ts";
import { EvergrantRequestError, EvergrantUnreachableError } from "./errors.ts";
import { type Pacer, type Patience, createPacer } from "./retry-after.ts";
import { abortWith, untilAborted } from "./until-aborted.ts";

/** Calls in one batch; the server takes no more. */
const maxBatch = 100;

/** For one call. */
export interface CallOptions {
  /** Ends the waiting, not what the server has begun. */
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  query<Path extends QueryPath>(path: Path, input: InputOf<Path>, options?: CallOptions): Promise<OutputOf<Path>>;
  mutate<Path extends MutationPath>(path: Path, input: InputOf<Path>, options?: CallOptions): Promise<OutputOf<Path>>;
  /** The response of a subscription, as soon as its stream has begun; `signal` ends the stream. */
  open(path: string, input: object, options: { readonly signal: AbortSignal }): Promise<Response>;
}

export interface TransportOptions {
  /** Where the server is: its `publicUrl`. */
  readonly url: string;
  readonly credential: CredentialSource;
  readonly fetch: typeof fetch;
  /** For an exchange, from the credential to the last byte. */
  readonly deadlineMs: number;
}

/**
 * Its calls reject with `EvergrantRequestError` where the server refuses, with `EvergrantUnreachableError` where it does not answer,
 * and with whatever `credential` throws.
 *
 * @throws {TypeError} `url` is no absolute http(s) URL, or has user info, a query or a fragment.
 */
export function createTransport(options: TransportOptions): Transport {
  const url = endpointOf(options.url);
  const pacer = createPacer();
  const send = (input: RequestInfo | URL, init?: Init) =>
    exchange(options, pacer, typeof input === "string" ? input : new Request(input).url, init);
  const client = createTRPCUntypedClient({ links: [httpBatchLink({ url, maxItems: maxBatch, methodOverride: "POST", fetch: send })] });
  // A caller who leaves early leaves the batch to the others in it.
  const settle = async (path: keyof Procedures, call: () => Promise<unknown>, { signal }: CallOptions = {}): Promise<unknown> => {
    signal?.throwIfAborted();
    try {
      return await untilAborted(call(), signal);
    } catch (error) {
      if (!(error instanceof TRPCClientError)) throw error;
      // Without a shape it came from this side of the wire, and is ours or the caller's own.
      throw error.shape === undefined || error.shape === null ? (error.cause ?? error) : toOwnError(error, path);
    }
  };
  return {
    // The server is taken at its word: to check its answers here would put zod into every bundle.
    query: async (path, input, call) => (await settle(path, () => client.query(path, input), call)) as OutputOf<typeof path>,
    mutate: async (path, input, call) => (await settle(path, () => client.mutation(path, input), call)) as OutputOf<typeof path>,
    open: (path, input, { signal }) => {
      const stream = new URL(`${url}/${path}`);
      stream.searchParams.set("input", JSON.stringify(input));
      return openStream(options, stream, path, signal);
    },
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
function exchange(
  options: TransportOptions,
  pacer: Pacer,
  input: string,
  init: Init = {},
): Promise<{ ok: boolean; json: () => Promise<unknown> }> {
  return withinDeadline(options, init.signal, async (patience) => {
    const { signal } = patience;
    const headers = new Headers(init.headers);
    const post = async () => {
      // "manual": the credential follows no redirect. "error" would say the same, but not every edge runtime knows it.
      const response = await options.fetch(input, { method: "POST", body: init.body ?? null, headers, signal, redirect: "manual" });
      return { ok: response.ok, status: response.status, headers: response.headers, text: await response.text() };
    };
    const { ok, status, text } = await sendAsCaller(options, { headers, signal }, () => pacer.send(patience, post));
    const [calls = ""] = new URL(input).pathname.split("/").slice(-1);
    const body = parseEnvelopes(text, calls.split(",").length);
    if (body === undefined) throw notEvergrant(options, status);
    return { ok, json: () => Promise.resolve(body) };
  });
}

/** A GET whose body is read by others, and so is under no deadline. */
function openStream(options: TransportOptions, url: URL, path: string, signal: AbortSignal): Promise<Response> {
  return withinDeadline(options, signal, async ({ signal: ending }) => {
    const headers = new Headers({ accept: "text/event-stream" });
    const response = await sendAsCaller(options, { headers, signal: ending }, () =>
      options.fetch(url.href, { headers, signal: ending, redirect: "manual", cache: "no-store" }),
    );
    if (response.ok && /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "")) return response;
    const refusal = parseEnvelopes(await response.text(), 1);
    if (refusal === undefined) throw notEvergrant(options, response.status);
    const { error } = refusal as { error: { message?: unknown; data?: unknown } };
    throw toOwnError({ message: String(error.message), data: error.data }, path);
  });
}

/** Sends with the caller's credential; once more with another one, if there is one, where the server takes it for invalid. */
async function sendAsCaller<Answer extends { readonly status: number }>(
  options: TransportOptions,
  { headers, signal }: { headers: Headers; signal: AbortSignal },
  send: () => Promise<Answer>,
): Promise<Answer> {
  const bearer = await untilAborted(options.credential.get(), signal);
  const sendWith = (own: string): Promise<Answer> => {
    headers.set("authorization", `Bearer ${own}`);
    return untilAborted(send(), signal).catch((error: unknown) => {
      throw error instanceof EvergrantUnreachableError ? error : unreachable(options, describe(error));
    });
  };
  const answer = await sendWith(bearer);
  if (answer.status !== 401) return answer;
  const another = await untilAborted(options.credential.get(bearer), signal);
  return another === bearer ? answer : sendWith(another);
}

async function withinDeadline<T>(
  options: TransportOptions,
  ownSignal: AbortSignal | null | undefined,
  work: (patience: Patience) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const { deadlineMs } = options;
  // Never let go: this signal is of one exchange, and a stream is ended by it later.
  abortWith(deadline, ownSignal);
  const timer = setTimeout(() => deadline.abort(unreachable(options, `no answer came within ${deadlineMs / 1000} s`)), deadlineMs);
  try {
    return await work({ signal: deadline.signal, endsAtMs: performance.now() + deadlineMs });
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
  return isObject(value) && isObject(value["result"]);
}

function isFailure(value: unknown): boolean {
  return isObject(value) && isObject(value["error"]) && typeof value["error"]["code"] === "number";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function toOwnError(error: { readonly message: string; readonly data?: unknown }, procedure: string): Error {
  const data: { httpStatus?: unknown; reason?: unknown } = error.data ?? {};
  const httpStatus = typeof data.httpStatus === "number" ? data.httpStatus : 500;
  const reason = typeof data.reason === "string" ? (data.reason as ErrorCode) : null;
  const passing = httpStatus >= 500 || httpStatus === 429 || httpStatus === 408;
  // A server in trouble has said nothing about what it was asked; one that names its reason has.
  if (passing && (reason === null || reason === "store_unavailable" || reason === "too_many_requests")) {
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

function notEvergrant(options: TransportOptions, httpStatus: number): EvergrantUnreachableError {
  return unreachable(options, `something else answered there, with status ${httpStatus}`, httpStatus);
}

/** What is known of a failed exchange. Its message and cause stay out: a fetch of the caller's own may put the request into them. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : error.name;
  return `the request failed (${code})`;
}
