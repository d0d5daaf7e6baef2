/**
 * `fetch` as a connection: with its token, sent to its resource servers only, and renewed once where one of them says that it does not hold.
 */
import type { ActiveAnswer } from "@evergrant/schema";
import { type Outgoing, readOutgoing } from "./outgoing.ts";
import { ResourceHostError } from "./errors.ts";
import type { TokenReader } from "./read-token.ts";
import { requireActive } from "./require-active.ts";
import { isResourceUrl } from "./resource-hosts.ts";
import { discard, sendWithToken } from "./send-with-token.ts";
import type { TokenQuestion } from "./token-cache.ts";
import { refusesToken } from "./token-refusal.ts";

export interface AuthorizedFetchOptions {
  readonly reader: TokenReader;
  readonly question: TokenQuestion;
  /** Where the token may be sent beside the hosts that come with it. */
  readonly resourceHosts?: readonly string[] | undefined;
  /** What the requests go out by. */
  readonly send: typeof fetch;
}

/** A token of RFC 6749 (appendix A.12), and a scheme before it, as they may stand in a header field. */
const tokenForm = /^[\x20-\x7e]+$/;
const schemeForm = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+ )?$/;

/**
 * Makes a WHATWG fetch for one connection. It rejects as `fetch` does, and with the errors of `accessToken` where there is no token, and with
 * `ResourceHostError` where it may not go.
 *
 * The caller's AbortSignal ends the call at any point, and never a token request, which others may be waiting for.
 */
export function createAuthorizedFetch({ reader, question, resourceHosts = [], send }: AuthorizedFetchOptions): typeof fetch {
  return async (input, init) => {
    const outgoing = readOutgoing(input, init);
    try {
      return await sendAndRenew(outgoing);
    } finally {
      outgoing.release();
    }
  };

  async function sendAndRenew(outgoing: Outgoing): Promise<Response> {
    const { signal } = outgoing;
    const token = requireActive(await reader.get(question, { signal }));
    refuseForeignHost(outgoing.url, token, resourceHosts);
    const { response, carriedToken } = await sendWithToken(send, { outgoing, ...credentialOf(token) });
    // A server that was not shown the token has said nothing about it.
    if (!carriedToken || !(await refusesToken(response, token.resource.refusals))) return response;
    try {
      const renewed = requireActive(await reader.renew(question, token, { signal }));
      const body = await outgoing.bodyAgain();
      // The same token would be refused the same way, and half a body is worse than the refusal.
      if (renewed.generation === token.generation || body === undefined) return response;
      await discard(response);
      return (await sendWithToken(send, { outgoing, ...credentialOf(renewed), body })).response;
    } catch (error) {
      await discard(response);
      throw error;
    }
  }
}

/** @throws {ResourceHostError} the token is not meant for that host. */
function refuseForeignHost(url: string, { connectionId, resource }: ActiveAnswer, ownHosts: readonly string[]): void {
  const hosts = [...resource.hosts, ...ownHosts.map((host) => host.toLowerCase())];
  const to = new URL(url);
  if (!isResourceUrl(to, hosts)) throw new ResourceHostError({ connectionId, origin: to.origin, resourceHosts: hosts });
}

/** The header field that carries a token, and its value. */
function credentialOf({ connectionId, tokenType, accessToken, resource }: ActiveAnswer): { header: string; authorization: string } {
  const scheme = resource.scheme ?? tokenType;
  // Schemes know no case (RFC 9110 §11.1), but some resource servers do, and some token endpoints answer `bearer`.
  const prefix = scheme === "" ? "" : `${/^bearer$/i.test(scheme) ? "Bearer" : scheme} `;
  // Headers would say so too, and print the token.
  if (!tokenForm.test(accessToken) || !schemeForm.test(prefix)) {
    throw new TypeError(
      `The access token of connection ${connectionId} does not fit a header field: its provider issues something else than RFC 6749 tokens.`,
    );
  }
  return { header: resource.header, authorization: prefix + accessToken };
}
