/**
 * Where a request comes from: the other end of its connection, or, where that is a proxy whose word is believed, whom the proxy names in
 * `X-Forwarded-For`. Anybody can send that field, so without a list of proxies nobody's is believed.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyAddress from "proxy-addr";
import { z } from "zod";

/** Ranges of addresses, or how many proxies stand between a client and this server. */
export type TrustedProxies = readonly string[] | number;

/** `10.0.0.0/8, fd00::/8`, the names `loopback`, `linklocal` and `uniquelocal`, or a number of proxies. */
export const trustedProxiesShape = z.union([
  z
    .string()
    .regex(/^[1-9]$/)
    .transform(Number),
  z
    .string()
    .transform((text) => text.split(",").map((range) => range.trim()))
    .refine(areRanges),
]);

/** Reads the client's address from a request; undefined where its connection is gone already. */
export function clientAddresses(trusted: TrustedProxies): (request: IncomingMessage) => string | undefined {
  const believes = typeof trusted === "number" ? (_address: string, hop: number) => hop < trusted : proxyAddress.compile([...trusted]);
  const isNobody = typeof trusted !== "number" && trusted.length === 0;
  return (request) => {
    const peer = request.socket.remoteAddress;
    if (peer === undefined) return undefined;
    if (isNobody) return plain(peer);
    const named = plain(proxyAddress(request, believes));
    // Where fewer proxies stand before us than was said, the name is the client's own invention, and may be anything.
    return isIP(named) === 0 ? plain(peer) : named;
  };
}

/** An address without the port that some proxies add to it, and IPv4 without its IPv6 clothes. */
function plain(address: string): string {
  const [, bracketed, dotted] = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d+)?$/i.exec(address) ?? [];
  return (bracketed ?? dotted ?? address).replace(/^::ffff:(?=[\d.]+$)/i, "");
}

function areRanges(ranges: readonly string[]): boolean {
  // A bare number would be an address, 0.0.0.0 and its like.
  if (ranges.some((range) => /^\d*$/.test(range))) return false;
  try {
    proxyAddress.compile([...ranges]);
    return true;
  } catch {
    return false;
  }
}
