/**
 * What is known of providers' health: whom not to ask for a while, so that one dead server costs neither its own connections nor
 * anybody else's.
 *
 * Kept for each (integration, authority): one shop that is down does not stop the others. It runs on the clock that is handed in, which
 * is why no circuit breaker of a library does it. This is one process's memory; `admit-grant.ts` shares what it learns with the others.
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

/** A pause as processes tell each other of it. */
export interface SharedPause extends ProviderKey, Pause {
  readonly failures: number;
  readonly misconfigured: boolean;
}

/** Whether a grant may be sent: yes, no, or by one alone, to find out whether a pause that is over has helped. */
export type Admission =
  | { readonly kind: "open" }
  | { readonly kind: "probe"; readonly until: Date }
  | { readonly kind: "paused"; readonly pause: Pause };

export interface ProviderHealth {
  /** Whether a grant may be sent now. Once a pause is over one caller probes; the others wait for what it learns, until `until`. */
  admit(key: ProviderKey): Admission;
  /** Takes note of an outcome; says what is to be told to other processes: a pause, that one is `lifted`, or nothing. */
  record(key: ProviderKey, connectionId: string, outcome: RefreshOutcome, retryAfterSeconds: number | null): SharedPause | "lifted" | null;
  /** Takes over what all processes know: pauses they have begun or prolonged, and the end of those that are no longer there. */
  learn(all: readonly SharedPause[]): void;
  /** The pauses in force. */
  paused(): ProviderKey[];
  /** Every provider that this process has asked, with its pause if it has one. */
  states(): { readonly key: ProviderKey; readonly pause: Pause | null }[];
  /** How many grants may be sent in the background at once; fewer after a provider has said that it were too many. */
  concurrencyOf(key: ProviderKey): number;
}

interface State {
  readonly key: ProviderKey;
  /** Failures since the last answer that was not one. */
  failures: number;
  pause: Pause | null;
  /** Whether the pause is over, and somebody finds out what comes after it. */
  probing: boolean;
  /** Whether the pause was seen to be written: once it no longer is, somebody has lifted it. */
  shared: boolean;
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

/** Prolonged by less than this, a pause is not told again: of twenty refused at once, each has a little more or less. */
const toldAgainMs = 1_000;

export function createProviderHealth(now: () => Date): ProviderHealth {
  const states = new Map<string, State>();
  const stateOf = (key: ProviderKey): State => {
    const name = `${key.integrationId} ${key.authority}`;
    const known = states.get(name);
    if (known !== undefined) return known;
    const { integrationId, authority } = key;
    const fresh: State = {
      key: { integrationId, authority },
      failures: 0,
      pause: null,
      probing: false,
      shared: false,
      accusers: new Set(),
      misconfigured: false,
      concurrency: mostAtOnce,
    };
    states.set(name, fresh);
    return fresh;
  };
  const lift = (state: State): void => {
    Object.assign(state, { failures: 0, pause: null, probing: false, shared: false, misconfigured: false });
    state.accusers.clear();
  };
  const pauseFor = (state: State, reason: PauseReason, ms: number): SharedPause | null => {
    const until = new Date(now().getTime() + ms);
    const before = state.probing ? null : state.pause;
    state.probing = false;
    if (before !== null && before.until >= until) return null;
    state.pause = { until, reason };
    if (before !== null && until.getTime() - before.until.getTime() < toldAgainMs) return null;
    const { key, failures, misconfigured } = state;
    return { ...key, ...state.pause, failures, misconfigured };
  };
  const backoffMs = (attempts: number): number =>
    firstPauseMs + Math.random() * Math.min(firstPauseMs * 2 ** Math.min(attempts, 20), longestPauseMs);

  return {
    admit(key) {
      const state = stateOf(key);
      if (state.pause === null) return { kind: "open" };
      if (state.pause.until > now()) return { kind: "paused", pause: state.pause };
      // Over: this caller finds out. A success lifts the pause; another failure prolongs it.
      const until = new Date(now().getTime() + probeMs);
      state.pause = { ...state.pause, until };
      state.probing = true;
      return { kind: "probe", until };
    },

    record(key, connectionId, outcome, retryAfterSeconds) {
      const state = stateOf(key);
      if (outcome === "refreshed" || outcome === "dead_grant") {
        state.concurrency = Math.min(mostAtOnce, state.concurrency + 1);
        // Sent before the others were refused: it says nothing of the time that the server has asked for.
        if (state.pause?.reason === "rate_limited" && !state.probing && state.pause.until > now()) return null;
        // Refused or not, the server answered, and took our client for what it is.
        const wasPaused = state.pause !== null;
        lift(state);
        return wasPaused ? "lifted" : null;
      }
      state.failures += 1;
      if (outcome === "misconfigured") {
        state.accusers.add(connectionId);
        if (state.accusers.size < accusersToMark && !state.misconfigured) return null;
        state.misconfigured = true;
        return pauseFor(state, "misconfigured", backoffMs(state.failures));
      }
      const askedMs = (retryAfterSeconds ?? 0) * 1000;
      if (outcome === "rate_limited") {
        state.concurrency = Math.max(1, Math.floor(state.concurrency / 2));
        return pauseFor(state, "rate_limited", Math.max(askedMs, backoffMs(0)));
      }
      if (state.failures < failuresToPause) return null;
      return pauseFor(state, "provider_unavailable", Math.max(askedMs, backoffMs(state.failures - failuresToPause)));
    },

    learn(all) {
      const told = new Set<State>();
      for (const shared of all) {
        const state = stateOf(shared);
        told.add(state);
        const { until, reason, failures, misconfigured } = shared;
        if (state.pause === null || state.pause.until < until) state.pause = { until, reason };
        state.failures = Math.max(state.failures, failures);
        state.misconfigured ||= misconfigured;
        state.shared = true;
      }
      for (const state of states.values()) if (state.shared && !told.has(state)) lift(state);
    },

    paused: () => [...states.values()].filter(({ pause }) => pause !== null && pause.until > now()).map(({ key }) => key),
    states: () => [...states.values()].map(({ key, pause }) => ({ key, pause })),
    concurrencyOf: (key) => stateOf(key).concurrency,
  };
}
