/**
 * The way out: every request that this server sends to a provider goes through here.
 *
 * It follows no redirect, speaks https only (http to loopback hosts), checks each resolved address when it connects,
 * ends at a deadline that a slow drip cannot stretch, and stops reading after 1 MiB of decoded body.
 */
import { type LookupAddress, type LookupAllOptions, lookup as lookupByDns } from "node:dns";
import { BlockList, isIP } from "node:net";
import { isLoopbackHost } from "@evergrant/schema";
import { Agent, buildConnector, fetch as undiciFetch } from "undici";

/** Sends one request; the answer's body is already read when the promise resolves. */
export type GuardedFetch = (url: string, init: GuardedInit) => Promise<Response>;

export interface GuardedInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** For the whole exchange, from connecting to the last byte. */
  readonly deadlineMs: number;
}

/**
 * Why there is no answer:
 * - `blocked`: the URL or an address behind it is not one that this server may reach. Nothing was sent.
 * - `not_sent`: no connection could be made. Nothing was sent.
 * - `no_answer`: the request may have arrived; its outcome is unknown.
 * - `answer_unreadable`: an answer came, and its body was too large or broke off. Its outcome is unknown.
 */
export type TransportErrorCode = "blocked" | "not_sent" | "no_answer" | "answer_unreadable";

/** No answer, or none that can be read. The message names the host, never the URL's path or query. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** How long a request may take that is no grant. */
export const requestDeadlineMs = 10_000;

/** Finds all addresses of a name, as `node:dns` does. */
export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const connectTimeoutMs = 5_000;
const maxBodyBytes = 1024 * 1024;
const maxHeaderBytes = 16 * 1024;

/** Address ranges that are nobody's on the public internet (IANA special-purpose registries). */
const special = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  special.ipv4.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  // Of IPv6 only 2000::/3 is given out to anybody (RFC 4291 §2.4). The rest is local, or IPv4 in one of its clothes.
  ["::", 3],
  ["4000::", 2],
  ["8000::", 1],
  // Teredo and its like, ORCHID, documentation, 6to4.
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  // A list of its own: Node looks for an IPv4 address among IPv6 subnets too.
  special.ipv6.addSubnet(network, prefix, "ipv6");
}

/**
 * Makes the guarded fetch of one server.
 *
 * @param options.allowLoopback Whether loopback hosts may be reached: true where the server itself runs on one.
 * @param options.privateHosts Host names that may resolve to private addresses, such as a self-hosted GitLab's.
 * @param options.lookup Finds a name's addresses; left out, the system does.
 */
export function createGuardedFetch(options: {
  allowLoopback: boolean;
  privateHosts: readonly string[];
  lookup?: Lookup;
}): GuardedFetch & { close(): Promise<void> } {
  const lookUp = options.lookup ?? lookupByDns;
  const mayBeSpecial = (host: string) => options.privateHosts.includes(host) || (options.allowLoopback && isLoopbackHost(host));

  const connectTo = buildConnector({
    timeout: connectTimeoutMs,
    // Said here, so that no environment variable (NODE_TLS_REJECT_UNAUTHORIZED) takes it back.
    rejectUnauthorized: true,
    // The addresses that are checked are the ones that are connected to, so a second look-up cannot differ.
    lookup: (hostname, lookupOptions, callback) => {
      lookUp(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
        const refused = mayBeSpecial(hostname) ? undefined : addresses?.find(({ address }) => isSpecialAddress(address));
        if (error) callback(error, []);
        else if (refused) callback(new TransportError("blocked", `${hostname} resolves to an address that is not public`), []);
        else callback(null, addresses);
      });
    },
  });

  const agent = new Agent({
    connect: (connectOptions, callback) => {
      const host = connectOptions.hostname;
      const literal = host.replace(/^\[|\]$/g, "");
      if (!mayBeSpecial(host) && (isIP(literal) === 0 ? isLocalName(host) : isSpecialAddress(literal))) {
        callback(new TransportError("blocked", `${host} is not a public address; list it under privateHosts if it is yours`), null);
      } else connectTo(connectOptions, callback);
    },
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: 4_000,
  });

  const guardedFetch = async (target: string, init: GuardedInit): Promise<Response> => {
    if (!URL.canParse(target)) throw new TransportError("blocked", "what was to be asked is no URL");
    const url = new URL(target);
    if (url.username !== "" || url.password !== "") throw new TransportError("blocked", `${url.host}: a URL carries no credentials`);
    if (url.protocol !== "https:" && !(url.protocol === "http:" && mayBeSpecial(url.hostname))) {
      throw new TransportError("blocked", `${url.host}: only https may be asked`);
    }
    const signal = AbortSignal.timeout(init.deadlineMs);
    let answer: Awaited<ReturnType<typeof undiciFetch>>;
    try {
      answer = await undiciFetch(url, {
        method: init.method,
        // Some servers refuse a request that does not say what it comes from (GitHub's API).
        headers: { "user-agent": "evergrant", ...init.headers },
        ...(init.body === undefined ? {} : { body: init.body }),
        redirect: "manual",
        signal,
        dispatcher: agent,
      });
    } catch (error) {
      throw toTransportError(error, url.host);
    }
    const body = await readBounded(answer.body, url.host);
    const headers = [...answer.headers].filter(([name]) => !/^content-(encoding|length)$/.test(name));
    const bodiless = body.byteLength === 0 || [204, 205, 304].includes(answer.status);
    return new Response(bodiless ? null : body, { status: statusOf(answer.status), headers });
  };
  return Object.assign(guardedFetch, { close: () => agent.close() });
}

/** A status that there is not, such as the 999 of some firewalls, is to be taken for a 5xx (RFC 9110 §15); a `Response` has no place for it. */
function statusOf(status: number): number {
  return status > 599 ? 500 : status;
}

/** Whether an address is loopback, private, link-local, multicast, reserved, or an IPv4 one in IPv6 clothes. */
export function isSpecialAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  // A zone names a link of this machine's own.
  const plain = mapped ?? (address.includes("%") ? "" : address);
  const version = isIP(plain);
  if (version === 0) return true;
  return version === 6 ? special.ipv6.check(plain, "ipv6") : special.ipv4.check(plain, "ipv4");
}

/** `localhost` and all below it are this machine, whatever a resolver says (RFC 6761 §6.3). */
function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host);
}

async function readBounded(body: AsyncIterable<Uint8Array> | null, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.byteLength;
      if (length > maxBodyBytes) throw new TransportError("answer_unreadable", `${host} answered with more than 1 MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError("answer_unreadable", `the answer of ${host} broke off or took too long`, { cause: error });
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** Codes of errors that come before the first byte of a request is written. */
const beforeSending =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

function toTransportError(error: unknown, host: string): TransportError {
  // undici wraps what happened in "fetch failed"; a connection tried on several addresses, in an AggregateError.
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TransportError) return cause;
    const codes = [cause, ...(cause instanceof AggregateError ? cause.errors : [])].map((each: unknown) =>
      each instanceof Error && "code" in each ? String(each.code) : "",
    );
    if (codes.some((code) => beforeSending.test(code))) return new TransportError("not_sent", `no connection to ${host}`, { cause: error });
  }
  return new TransportError("no_answer", `${host} gave no answer`, { cause: error });
}
