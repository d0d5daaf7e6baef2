/**
 * The clock that a token's age is told by.
 */

/**
 * Milliseconds that never run backwards, whatever becomes of the wall clock.
 *
 * `performance.now` may stand still while a laptop or a frozen function sleeps, and a token grows old in its sleep; so where the
 * wall clock has moved further, the difference counts too. At worst that makes a token look older than it is.
 */
export function createClock(): () => number {
  const startedAtMs = performance.now();
  const wallStartedAtMs = Date.now();
  let asleepMs = 0;
  return () => {
    const awakeMs = performance.now() - startedAtMs;
    asleepMs = Math.max(asleepMs, Date.now() - wallStartedAtMs - awakeMs);
    return awakeMs + asleepMs;
  };
}
