/**
 * What this process knows of its providers' health: whom not to ask for a while, so that one dead server costs neither its own
 * connections nor anybody else's.
 *
 * Kept for each (integration, authority): one shop that is down does not stop the others. It runs on the clock that is handed in, which
 * is why no circuit breaker of a library does it; it is memory only, since a process that knows nothing asks once and learns.
 */
import type { RefreshOutcome } from "@evergrant/schema";

export type PauseReason = "provider_unavailable" | "rate_limited" | "misconfigured";

/** Nobody is to be asked before `until`. */
export interface Pause {
  readonly until: Date;
  readonly reason: PauseReason;
}

export interface ProviderKey {
  readonly integrationId: string;
  readonly authority: string;
}

export interface ProviderHealth {
  /**
   * Whether a grant may be sent now: null, or the pause that forbids it. Once a pause is over one caller is let through, to find out;
   * the others wait for what it learns.
   */
  admit(key: ProviderKey): Pause | null;
  /** Takes note of an outcome; says whether by it the integration became misconfigured, or recovered. */
  record(
    key: ProviderKey,
    connectionId: string,
    outcome: RefreshOutcome,
    retryAfterSeconds: number | null,
  ): "misconfigured" | "recovered" | null;
  /** The pauses in force. */
  paused(): ProviderKey[];
  /** How many grants may be sent in the background at once; fewer after a provider has said that it were too many. */
  concurrencyOf(key: ProviderKey): number;
}

interface State {
  readonly key: ProviderKey;
  /** Failures since the last answer that was not one. */
  failures: number;
  pause: Pause | null;
  /** The connections that said `misconfigured`, with no success between. */
  readonly accusers: Set<string>;
  misconfigured: boolean;
  concurrency: number;
}

/** So many failures in a row, of whichever connections, are the server's and not theirs. */
const failuresToPause = 5;
/** So many connections must say that the integration is at fault: one may have been granted to another client. */
const accusersToMark = 2;
const firstPauseMs = 1_000;
const longestPauseMs = 300_000;
/** How long others wait for the one that was let through. */
const probeMs = 10_000;
const mostAtOnce = 20;

export function createProviderHealth(now: () => Date): ProviderHealth {
  const states = new Map<string, State>();
  const stateOf = (key: ProviderKey): State => {
    const name = `${key.integrationId} ${key.authority}`;
    const known = states.get(name);
    if (known !== undefined) return known;
    const fresh: State = { key, failures: 0, pause: null, accusers: new Set(), misconfigured: false, concurrency: mostAtOnce };
    states.set(name, fresh);
    return fresh;
  };
  const pauseFor = (state: State, reason: PauseReason, ms: number): void => {
    const until = new Date(now().getTime() + ms);
    if (state.pause === null || state.pause.until < until) state.pause = { until, reason };
  };
  const backoffMs = (attempts: number): number =>
    firstPauseMs + Math.random() * Math.min(firstPauseMs * 2 ** Math.min(attempts, 20), longestPauseMs);

  return {
    admit(key) {
      const state = stateOf(key);
      if (state.pause === null) return null;
      if (state.pause.until > now()) return state.pause;
      // Over: this caller finds out. A success lifts the pause; another failure prolongs it.
      state.pause = { ...state.pause, until: new Date(now().getTime() + probeMs) };
      return null;
    },

    record(key, connectionId, outcome, retryAfterSeconds) {
      const state = stateOf(key);
      if (outcome === "refreshed" || outcome === "dead_grant") {
        // Refused or not, the server answered, and took our client for what it is.
        const recovered = state.misconfigured;
        Object.assign(state, { failures: 0, pause: null, misconfigured: false, concurrency: Math.min(mostAtOnce, state.concurrency + 1) });
        state.accusers.clear();
        return recovered ? "recovered" : null;
      }
      state.failures += 1;
      if (outcome === "misconfigured") {
        state.accusers.add(connectionId);
        if (state.accusers.size < accusersToMark && !state.misconfigured) return null;
        pauseFor(state, "misconfigured", backoffMs(state.failures));
        if (state.misconfigured) return null;
        state.misconfigured = true;
        return "misconfigured";
      }
      if (outcome === "rate_limited") {
        state.concurrency = Math.max(1, Math.floor(state.concurrency / 2));
        pauseFor(state, "rate_limited", Math.max((retryAfterSeconds ?? 0) * 1000, backoffMs(0)));
      } else if (state.failures >= failuresToPause) {
        pauseFor(state, "provider_unavailable", Math.max((retryAfterSeconds ?? 0) * 1000, backoffMs(state.failures - failuresToPause)));
      }
      return null;
    },

    paused: () => [...states.values()].filter(({ pause }) => pause !== null && pause.until > now()).map(({ key }) => key),
    concurrencyOf: (key) => stateOf(key).concurrency,
  };
}
