/**
 * Sends a caller's request with a connection's token, and once more with another where a resource server refuses the first. Loaded only
 * where it is used.
 */
import type { ActiveAnswer } from "@evergrant/schema";
import type { AuthorizedFetchOptions } from "./authorized-fetch.ts";
import { ResourceHostError } from "./errors.ts";
import type { Outgoing } from "./outgoing.ts";
import { requireActive } from "./require-active.ts";
import { isResourceUrl } from "./resource-hosts.ts";
import { discard, sendWithToken } from "./send-with-token.ts";
import { refusesToken } from "./token-refusal.ts";

/** A token of RFC 6749 (appendix A.12), and a scheme before it, as they may stand in a header field. */
const tokenForm = /^[\x20-\x7e]+$/;
const schemeForm = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+ )?$/;

/** The resource server's response; a refusal too, where no other token can change it. It rejects as `createAuthorizedFetch` has it. */
export async function sendAsConnection(
  { reader, question, resourceHosts = [], send }: AuthorizedFetchOptions,
  outgoing: Outgoing,
): Promise<Response> {
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
