/**
 * Which URLs a webhook may have: the rules of the guarded fetch, as far as a URL shows them. What a name resolves to is looked at with
 * each connection.
 */
import { isLoopbackHost } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { EvergrantError } from "./errors.ts";
import { isSpecialAddress } from "./guarded-fetch.ts";

/** @throws {EvergrantError} `webhook_url_refused`. */
export function refuseUnreachable(authority: Pick<Authority, "publicUrl" | "privateHosts">, url: string): void {
  const { protocol, hostname } = new URL(url);
  const ownLoopback = isLoopbackHost(new URL(authority.publicUrl).hostname) && isLoopbackHost(hostname);
  if (ownLoopback || authority.privateHosts.includes(hostname)) return;
  if (protocol !== "https:")
    throw new EvergrantError("webhook_url_refused", "url: https, please: messages name subjects and carry connect links");
  if (isLoopbackHost(hostname) || isSpecialLiteral(hostname)) {
    throw new EvergrantError(
      "webhook_url_refused",
      "url: this host is not on the public internet; list it under privateHosts if it is yours",
    );
  }
}

/** Whether a host is an address, rather than a name, and not a public one. A URL's parser writes every IPv4 address in four numbers. */
function isSpecialLiteral(hostname: string): boolean {
  const literal = /^\[(.*)\]$/.exec(hostname)?.[1] ?? (/^[\d.]+$/.test(hostname) ? hostname : null);
  return literal !== null && isSpecialAddress(literal);
}
