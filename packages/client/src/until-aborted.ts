/**
 * Waiting that a caller can end without ending what is waited for.
 */

/** The promise's outcome, or a rejection with the signal's reason, whichever comes first. What makes the promise goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (signal === null || signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    // The reason is whatever the caller gave, and it is handed on as it is.
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
