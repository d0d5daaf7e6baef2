/**
 * `fetch` as a connection: with its token, sent to its resource servers only, and renewed once where one of them says that it does not hold.
 */
import { readOutgoing } from "./outgoing.ts";
import type { TokenReader } from "./read-token.ts";
import type { TokenQuestion } from "./token-cache.ts";

export interface AuthorizedFetchOptions {
  readonly reader: TokenReader;
  readonly question: TokenQuestion;
  /** Where the token may be sent beside the hosts that come with it. */
  readonly resourceHosts?: readonly string[] | undefined;
  /** What the requests go out by. */
  readonly send: typeof fetch;
}

/**
 * Makes a WHATWG fetch for one connection. It rejects as `fetch` does, and with the errors of `accessToken` where there is no token, and with
 * `ResourceHostError` where it may not go.
 *
 * The caller's AbortSignal ends the call at any point, and never a token request, which others may be waiting for. What sends is loaded at the
 * first use: a page's session is given no token, so pages do without it.
 */
export function createAuthorizedFetch(options: AuthorizedFetchOptions): typeof fetch {
  return async (input, init) => {
    // Before anything is waited for: the caller may change what it handed in.
    const outgoing = readOutgoing(input, init);
    try {
      const { sendAsConnection } = await import("./send-as-connection.ts");
      return await sendAsConnection(options, outgoing);
    } finally {
      outgoing.release();
    }
  };
}
