/**
 * What key services have in common: the way to them, and a deadline that nothing stretches.
 */
import { isLoopbackHost } from "@evergrant/schema";
import { type GuardedFetch, TransportError, createGuardedFetch } from "./guarded-fetch.ts";
import { KeyServiceError } from "./vault-error.ts";

/** One wrapping or unwrapping, with all tries and whatever comes before them, such as finding credentials. */
export const keyServiceDeadlineMs = 5_000;

/**
 * The guarded way to one key service. An operator has named its host, so that one may have a private address; everything else holds:
 * https unless it is on this machine, no redirects, a deadline, a bound on the answer.
 */
export function fetchFrom(hostname: string): GuardedFetch {
  const isHere = isLoopbackHost(hostname);
  const guarded = createGuardedFetch({ allowLoopback: isHere, privateHosts: isHere ? [] : [hostname] });
  return async (url, init) => {
    if (!isHere && !url.startsWith("https:")) throw new TransportError("blocked", `${hostname}: only https may be asked`);
    return guarded(url, init);
  };
}

/**
 * The result of `work`, or a failure once the deadline has passed.
 *
 * @throws {KeyServiceError}
 */
export async function withinDeadline<Result>(service: string, deadlineMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new KeyServiceError(`${service} gave no answer within ${deadlineMs} ms.`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
