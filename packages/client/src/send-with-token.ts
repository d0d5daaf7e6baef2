/**
 * Sends a request with a token, and takes the token no further than the origin that it was sent to.
 *
 * The Fetch standard (HTTP-redirect fetch, since November 2022) takes `Authorization` off where a redirect leaves the origin. Node's
 * undici and today's browsers do so, older edge runtimes and fetches of one's own may not; so redirects are followed here, where
 * the platform shows them.
 */
import type { Outgoing } from "./outgoing.ts";

export interface Sent {
  readonly response: Response;
  /** False: a redirect led to another origin, and the token was left behind. */
  readonly carriedToken: boolean;
}

/** What is sent: the request as the caller made it, or once more with a body of its own. */
export interface Sending {
  readonly outgoing: Outgoing;
  /** The field that carries the token: `Authorization`, or one of the provider's own. */
  readonly header: string;
  readonly authorization: string;
  /** Absent: the request goes out for the first time, as it is. */
  readonly body?: BodyInit | null;
}

/** As the Fetch standard has it. */
const maxRedirects = 20;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** What a request does without when it loses its body (request-body-header names). */
const bodyHeaders = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];
/** What is meant for one origin only. */
const originHeaders = ["authorization", "proxy-authorization", "cookie", "host"];

/**
 * Sends, and follows redirects unless the caller's `redirect` says otherwise.
 *
 * The final response's `redirected` is false, since every hop is a request of its own; its `url` is right.
 *
 * @throws {TypeError} as `fetch` does; also on a redirect that cannot be followed: too many, to no http(s) URL, or with a body that
 * has gone.
 */
export async function sendWithToken(send: typeof fetch, { outgoing, header, authorization, body }: Sending): Promise<Sent> {
  const headers = new Headers(outgoing.headers);
  // In place of the caller's own: on this way the connection speaks, and nobody else.
  headers.set(header, authorization);
  const dispatch = (redirect: RequestRedirect) =>
    body === undefined
      ? send(outgoing.input, { ...outgoing.init, headers, redirect })
      : send(outgoing.url, again(outgoing, { method: outgoing.method, headers, body, redirect }));
  if (outgoing.redirect !== "follow") return { response: await dispatch(outgoing.redirect), carriedToken: true };

  let response = await dispatch("manual");
  if (response.type === "opaqueredirect") {
    // On a redirect to another origin a browser leaves `Authorization` behind, and no other field.
    if (header.toLowerCase() !== "authorization") throw new TypeError("fetch failed: the API redirects; send the request to its final URL");
    return followUnseen(outgoing, () => dispatch("follow"));
  }
  let [url, method, carriedToken] = [outgoing.url, outgoing.method, true];
  for (let redirects = 0; ; redirects += 1) {
    const location = redirectStatuses.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return { response, carriedToken };
    await discard(response);
    if (redirects === maxRedirects) throw new TypeError("fetch failed: too many redirects");
    const from = new URL(response.url || url);
    const to = new URL(location, from);
    if (!/^https?:$/.test(to.protocol)) throw new TypeError("fetch failed: a redirect to something else than http(s)");
    if (to.origin !== from.origin) {
      for (const name of [header, ...originHeaders]) headers.delete(name);
      carriedToken = false;
    }
    if ((response.status === 303 && method !== "GET" && method !== "HEAD") || (response.status < 303 && method === "POST")) {
      for (const name of bodyHeaders) headers.delete(name);
      method = "GET";
    }
    const content = method === "GET" || method === "HEAD" ? null : await outgoing.bodyAgain();
    if (content === undefined) throw new TypeError("fetch failed: a redirect asks for the body again, and it was a stream");
    url = to.href;
    response = await send(url, again(outgoing, { method, headers, body: content, redirect: "manual" }));
  }
}

/** Frees the connection under a response that nobody will read. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** Browsers do not show where a redirect leads. They follow it as the standard says, so what only looks is asked for once more. */
async function followUnseen({ method, url }: Outgoing, follow: () => Promise<Response>): Promise<Sent> {
  if (method !== "GET" && method !== "HEAD") throw new TypeError(`fetch failed: this ${method} was redirected; send it to its final URL`);
  const response = await follow();
  return { response, carriedToken: new URL(response.url).origin === new URL(url, response.url).origin };
}

function again({ init, signal }: Outgoing, changes: RequestInit): RequestInit {
  return { ...init, signal: signal ?? null, ...changes };
}
