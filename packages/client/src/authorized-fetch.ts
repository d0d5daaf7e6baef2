/**
 * `fetch` as a connection: with its token, renewed once where the resource server says that it is invalid (RFC 6750 §3.1).
 */
import type { ActiveAnswer } from "@evergrant/schema";
import { type Outgoing, readOutgoing } from "./outgoing.ts";
import type { TokenReader } from "./read-token.ts";
import { requireActive } from "./require-active.ts";
import { discard, sendWithToken } from "./send-with-token.ts";
import type { TokenQuestion } from "./token-cache.ts";
import { parseChallenges } from "./www-authenticate.ts";

export interface AuthorizedFetchOptions {
  readonly reader: TokenReader;
  readonly question: TokenQuestion;
  /** What the requests go out by. */
  readonly send: typeof fetch;
}

/** A scheme and a token of RFC 6749 (appendix A.12), as they may stand in a header field. */
const authorizationForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x20-\x7e]+$/;

/**
 * Makes a WHATWG fetch for one connection. It rejects as `fetch` does, and with the errors of `accessToken` where there is no token.
 *
 * The caller's AbortSignal ends the call at any point, and never a token request, which others may be waiting for.
 */
export function createAuthorizedFetch({ reader, question, send }: AuthorizedFetchOptions): typeof fetch {
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
    const { response, carriedToken } = await sendWithToken(send, { outgoing, authorization: authorizationOf(token) });
    // A server that was not shown the token has said nothing about it.
    if (!carriedToken || !saysInvalidToken(response)) return response;
    try {
      const renewed = requireActive(await reader.renew(question, token, { signal }));
      const body = await outgoing.bodyAgain();
      // The same token would be refused the same way, and half a body is worse than the refusal.
      if (renewed.generation === token.generation || body === undefined) return response;
      await discard(response);
      return (await sendWithToken(send, { outgoing, authorization: authorizationOf(renewed), body })).response;
    } catch (error) {
      await discard(response);
      throw error;
    }
  }
}

/** Whether a resource server says that the access token is expired, revoked or otherwise invalid (RFC 6750 §3.1). */
function saysInvalidToken(response: Response): boolean {
  if (response.status !== 401) return false;
  // Whatever the scheme: DPoP (RFC 9449 §7.1) has the same code.
  return parseChallenges(response.headers.get("www-authenticate") ?? "").some(
    ({ parameters }) => parameters.get("error") === "invalid_token",
  );
}

function authorizationOf({ connectionId, tokenType, accessToken }: ActiveAnswer): string {
  // Schemes know no case (RFC 9110 §11.1), but some resource servers do, and some token endpoints answer `bearer`.
  const value = `${/^bearer$/i.test(tokenType) ? "Bearer" : tokenType} ${accessToken}`;
  // Headers would say so too, and print the token.
  if (!authorizationForm.test(value)) {
    throw new TypeError(
      `The access token of connection ${connectionId} does not fit a header field: its provider issues something else than RFC 6749 tokens.`,
    );
  }
  return value;
}
