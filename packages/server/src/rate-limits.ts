/**
 * How often a caller or an address may ask: counted in the memory of this process, in windows of a minute. They stop what has run wild
 * and what guesses; no honest caller should ever meet them.
 */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { type Caller, countedAs } from "./callers.ts";
import { randomToken, sha256Hex } from "./digests.ts";

/** How many a minute, for each process. */
export interface RateLimitSettings {
  /** Calls with one API key; a batch counts for as many as it holds. */
  readonly apiKey: number;
  /** Calls of one subject's session. */
  readonly session: number;
  /** Requests from one address without a valid credential. */
  readonly failedAuthentication: number;
  /** Connect links and callbacks opened from one address. */
  readonly flow: number;
}

/** An API key may ask more than a core can answer, so that only a loop meets it; behind one address there may be a whole office. */
export const defaultRateLimits: RateLimitSettings = { apiKey: 1_200_000, session: 600, failedAuthentication: 120, flow: 600 };

/** What is left of a quota. */
export interface Taken {
  readonly policy: string;
  readonly isWithin: boolean;
  readonly quota: number;
  readonly remaining: number;
  /** Until the window ends, in seconds. */
  readonly resetSeconds: number;
}

/** Each resolves with null where nothing is counted. */
export interface RateLimits {
  ofCaller(caller: Pick<Caller, "kind" | "id" | "isStored" | "subjects">, calls: number): Promise<Taken | null>;
  /** @param address Null where it is not known: then nothing can be said of it. */
  ofAddress(policy: "failed-authentication" | "flow", address: string | null): Promise<Taken | null>;
}

const windowSeconds = 60;
const nothingCounted = Promise.resolve(null);

/** Makes the limits of one process. */
export function createRateLimits(settings: Partial<RateLimitSettings> | "off"): RateLimits {
  if (settings === "off") return { ofCaller: () => nothingCounted, ofAddress: () => nothingCounted };
  const quotas = { ...defaultRateLimits, ...settings };
  const counters = {
    "api-key": counterOf("api-key", quotas.apiKey),
    session: counterOf("session", quotas.session),
    "failed-authentication": counterOf("failed-authentication", quotas.failedAuthentication),
    flow: counterOf("flow", quotas.flow),
  };
  // Nobody can choose whom to share a bucket with, nor fill the memory: there are 65,536 at most.
  const salt = randomToken(16);
  const bucketOf = (name: string): string => sha256Hex(`${salt} ${name}`).slice(0, 4);
  return {
    ofCaller: (caller, calls) =>
      caller.kind === "session" ? counters.session(bucketOf(countedAs(caller)), calls) : counters["api-key"](caller.id, calls),
    ofAddress: (policy, address) => (address === null ? nothingCounted : counters[policy](bucketOf(networkOf(address)), 1)),
  };
}

/**
 * What an answer says of a quota; with `Retry-After` (RFC 9110 §10.2.3) where it is used up.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
 */
export function rateLimitFields({ policy, isWithin, quota, remaining, resetSeconds }: Taken): Record<string, string> {
  const fields = {
    "ratelimit-policy": `"${policy}";q=${quota};w=${windowSeconds}`,
    ratelimit: `"${policy}";r=${remaining};t=${resetSeconds}`,
  };
  return isWithin ? fields : { ...fields, "retry-after": String(resetSeconds) };
}

function counterOf(policy: string, quota: number): (key: string, points: number) => Promise<Taken> {
  const counter = new RateLimiterMemory({ points: quota, duration: windowSeconds });
  return async (key, points) => {
    // `consume` would say by rejecting what `penalty` says by a number.
    const { consumedPoints, msBeforeNext } = await counter.penalty(key, points);
    return {
      policy,
      isWithin: consumedPoints <= quota,
      quota,
      remaining: Math.max(0, quota - consumedPoints),
      resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)),
    };
  };
}

/** What is counted as one: an IPv4 address, and the /64 of an IPv6 one, in which a host has all the addresses that it likes. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => group.replace(/^0+(?=.)/, "")));
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
