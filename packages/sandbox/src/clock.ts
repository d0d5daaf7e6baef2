/**
 * Two clocks side by side: the sandbox's own, which is handed in, and oidc-provider's, which reads `Date.now` and cannot be handed one.
 * Instants are translated where they enter and leave the provider, so moving our clock makes everything it ever issued older.
 */

export interface Clock {
  now: () => Date;
  /** Our present, in milliseconds since the epoch. */
  nowMs: () => number;
  /** An instant of ours, in the whole seconds of the provider's clock; what is over for us is over for it. */
  toProviderSeconds: (instantMs: number) => number;
  /** A second of the provider's clock as an instant of ours, in milliseconds. */
  fromProviderSeconds: (seconds: number) => number;
  /** How far our clock is ahead of the provider's, in whole seconds; negative when it is behind. */
  aheadSeconds: () => number;
}

/** Sets the two clocks beside each other; without `now` they are the same one. */
export function createClock(now: () => Date = () => new Date()): Clock {
  const nowMs = () => now().getTime();
  return {
    now,
    nowMs,
    // Rounded up: a token with half a second left is valid, one with none is not, whatever fraction the provider's own second is at.
    toProviderSeconds: (instantMs) => providerSeconds() + Math.ceil((instantMs - nowMs()) / 1000),
    fromProviderSeconds: (seconds) => nowMs() + (seconds - providerSeconds()) * 1000,
    aheadSeconds: () => Math.round((nowMs() - Date.now()) / 1000),
  };
}

/** As oidc-provider computes it. */
function providerSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
