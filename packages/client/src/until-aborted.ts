/**
 * Waiting that a caller can end without ending what is waited for, and work that a caller can end.
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

/**
 * Aborts a controller when a signal is, since not every edge runtime has `AbortSignal.any`.
 *
 * @returns lets go of the signal, which may live longer than what it is to end.
 */
export function abortWith(controller: AbortController, signal: AbortSignal | null | undefined): () => void {
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return () => signal?.removeEventListener("abort", abort);
}
