/**
 * A caller's request to a resource server, taken apart once: to be sent as it is, and again if need be.
 */
import { readUpTo } from "./read-body.ts";

/** The arguments of a `fetch` call, and what has to be known to repeat it. */
export interface Outgoing {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit;
  readonly url: string;
  readonly method: string;
  /** A copy. */
  readonly headers: Headers;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal | undefined;
  /** The body, to be sent once more; null: there is none; undefined: it was a stream, and has gone. */
  bodyAgain(): Promise<BodyInit | null | undefined>;
  /** To be called when nothing will be sent again. */
  release(): void;
}

/** How much of a `Request`'s body is kept for another time; a larger one cannot be sent again. */
const maxKeptBytes = 1024 * 1024;

/** Reads a `fetch` call. A `Request` with a body is cloned, since sending uses it up. */
export function readOutgoing(input: RequestInfo | URL, init: RequestInit = {}): Outgoing {
  const request = isRequest(input) ? input : null;
  const url = urlOf(input);
  const headers = new Headers(init.headers ?? request?.headers);
  const ofRequest = request === null || (init.body !== undefined && init.body !== null) || request.bodyUsed ? null : keep(request);
  return {
    // A URL object may be changed while the token is waited for, when its host has been looked at already.
    input: request ?? url,
    init,
    url,
    method: (init.method ?? request?.method ?? "GET").toUpperCase(),
    headers,
    redirect: init.redirect ?? request?.redirect ?? "follow",
    // Null is the Fetch standard's way to drop the Request's own signal.
    signal: (init.signal === undefined ? request?.signal : init.signal) ?? undefined,
    bodyAgain: () => (ofRequest === null ? Promise.resolve(repeatable(init.body ?? null)) : ofRequest.bytes),
    release: () => ofRequest?.release(),
  };
}

/** By its looks: a `Request` may come from another realm, or from another implementation of fetch. */
function isRequest(input: RequestInfo | URL): input is Request {
  return typeof input === "object" && "url" in input && "headers" in input;
}

function urlOf(input: RequestInfo | URL): string {
  const { location }: { readonly location?: Location } = globalThis;
  // Relative to the page, where there is one.
  if (typeof input === "string") return new URL(input, location?.href).href;
  return "href" in input ? input.href : input.url;
}

function repeatable(body: BodyInit | null): BodyInit | null | undefined {
  const whole =
    body === null ||
    typeof body === "string" ||
    body instanceof URLSearchParams ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body);
  return whole ? body : undefined;
}

interface Kept {
  readonly bytes: Promise<Blob | null | undefined>;
  release(): void;
}

function keep(request: Request): Kept | null {
  const { body }: { readonly body?: Request["body"] } = request;
  if (body === null) return null;
  // Firefox does not show a Request's body: nothing tells whether there is one, nor how large it is.
  const unseen = request.method === "GET" || request.method === "HEAD" ? null : undefined;
  const reader = body === undefined ? undefined : request.clone().body?.getReader();
  if (reader === undefined) return { bytes: Promise.resolve(unseen), release: () => undefined };
  const bytes = readUpTo(reader, maxKeptBytes).then(async (whole) => {
    if (whole === undefined) await reader.cancel();
    return whole;
  });
  const lost = () => undefined;
  return { bytes: bytes.catch(lost), release: () => void reader.cancel().catch(lost) };
}
