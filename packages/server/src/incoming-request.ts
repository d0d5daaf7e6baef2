/**
 * A request as it comes in, read without being taken apart: a `URL` and a `Headers` object each cost more than all that is asked of them.
 */
import { looksSecret } from "@evergrant/schema";
import { randomId } from "./digests.ts";

export interface IncomingRequest {
  readonly request: Request;
  /** Path and query, without the path of `publicUrl`. */
  readonly target: string;
  /** A header field by its name in lower case; fields of one name are one, with commas between. */
  header(name: string): string | undefined;
  /** The id that the caller, or a proxy before us, has given it; else, or where that looks like a secret, one of our own. */
  readonly requestId: string;
  /** Where it came from; null where that is not known. */
  readonly address: string | null;
}

/**
 * Makes a reader of incoming requests.
 *
 * @param publicUrl May carry a path; a proxy in front may take it off or leave it on.
 */
export function incomingRequests(publicUrl: string): (request: Request, from: object | undefined) => IncomingRequest {
  const base = new URL(publicUrl).pathname.replace(/\/$/, "");
  return (request, from) => {
    const header = headerReader(request, from);
    const address = from !== undefined && "address" in from && typeof from.address === "string" ? from.address : null;
    return { request, target: withoutBase(targetOf(request.url), base), header, requestId: requestIdOf(header("x-request-id")), address };
  };
}

/**
 * The request itself; or another one, where its path had to be shortened or its body has been read.
 *
 * @param body What was read of it; null where it has not been.
 */
export function requestToTarget({ request, target }: Pick<IncomingRequest, "request" | "target">, body: string | null = null): Request {
  const isShortened = targetOf(request.url) !== target;
  if (!isShortened && body === null) return request;
  const url = new URL(request.url);
  // Set as a path, since one that begins with two slashes would be a host.
  if (isShortened) url.pathname = target.replace(/[?#].*$/s, "");
  return body === null ? new Request(url, request) : new Request(url, { method: request.method, headers: request.headers, body });
}

/** Path and query of a URL, as they stand in it. */
export function targetOf(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("//") + 2));
}

function withoutBase(target: string, base: string): string {
  if (base === "" || !target.startsWith(base)) return target;
  const rest = target.slice(base.length);
  if (rest.startsWith("/")) return rest;
  return /^(?:$|[?#])/.test(rest) ? `/${rest}` : target;
}

function headerReader(request: Request, from: object | undefined): IncomingRequest["header"] {
  if (from === undefined || !("rawHeaders" in from) || !Array.isArray(from.rawHeaders))
    return (name) => request.headers.get(name) ?? undefined;
  const raw: readonly unknown[] = from.rawHeaders;
  return (name) => {
    let found: string | undefined;
    for (let at = 0; at < raw.length; at += 2) {
      const [field, value] = [raw[at], raw[at + 1]];
      if (typeof field !== "string" || field.length !== name.length || field.toLowerCase() !== name) continue;
      found = found === undefined ? String(value) : `${found}, ${String(value)}`;
    }
    return found;
  };
}

function requestIdOf(given: string | undefined): string {
  return given !== undefined && /^[\w.-]{8,64}$/.test(given) && !looksSecret(given) ? given : `req_${randomId(12)}`;
}
