/**
 * A resource server that is a function, and the client's fetch for it.
 */
import type { FetchOptions } from "../src/client.ts";
import { type Answer, active, startClient } from "./fake-evergrant.ts";

/** A request as it arrived, its body read. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | null;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: RequestRedirect;
}

/** What a resource server says of a token that it does not take (RFC 6750 §3.1). */
export function invalidToken(): Response {
  return new Response("refused", { status: 401, headers: { "www-authenticate": 'Bearer realm="api", error="invalid_token"' } });
}

/** A resource server that takes the token of one generation only. */
export function takesOnly(generation: number) {
  return ({ authorization }: Received) => (authorization === `Bearer token-${generation}` ? new Response("welcome") : invalidToken());
}

/** A token server whose refresh brings the next generation. */
export const refreshing: Answer = ({ procedure }) => (procedure === "tokens.refresh" ? active({ generation: 2 }) : active());

export function startResource(
  respond: (request: Received, number: number) => Response | Promise<Response>,
  options: FetchOptions & { answer?: Answer } = {},
) {
  const { answer = refreshing, ...wishes } = options;
  const received: Received[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { method, url, headers, redirect } = request;
    received.push({ method, url, headers, redirect, authorization: headers.get("authorization"), body: await request.text() });
    request.signal.throwIfAborted();
    const last = received.at(-1);
    if (last === undefined) throw new TypeError("unreachable: one was pushed above");
    return respond(last, received.length);
  };
  const started = startClient(answer);
  const asConnection = started.client.fetch("con_00000001", { fetch: send, ...wishes });
  return { ...started, received, send, asConnection };
}
