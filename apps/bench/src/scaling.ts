/**
 * Refreshes a second for ten million connections: a simulation of a day, second by second, with the margin and jitter of the default config.
 */
import { type Run, type Section, figure } from "./section.ts";

/** Access tokens that live so long, and their share of all. */
interface Kind {
  readonly lifetimeSeconds: number;
  readonly share: number;
}

const hour = 3_600;
const day = 24 * hour;
/** The defaults of `refresh` in a config. */
const marginSeconds = 300;
const jitterSeconds = 60;
/** As dueAt in token-set.ts: the margin is at most a tenth of the lifetime. */
const largestMargin = 0.1;

const populations: readonly { readonly label: string; readonly kinds: readonly Kind[] }[] = [
  { label: "all live an hour (Google, Microsoft, Salesforce …)", kinds: [{ lifetimeSeconds: hour, share: 1 }] },
  { label: "all live eight hours (GitHub Apps, Asana-like …)", kinds: [{ lifetimeSeconds: 8 * hour, share: 1 }] },
  {
    label: "half an hour-long, a quarter eight hours, a quarter a day",
    kinds: [
      { lifetimeSeconds: hour, share: 0.5 },
      { lifetimeSeconds: 8 * hour, share: 0.25 },
      { lifetimeSeconds: day, share: 0.25 },
    ],
  },
];

/** What a day comes to. */
interface Simulated {
  readonly mean: number;
  /** The busiest second of the last hour. */
  readonly peak: number;
}

export async function simulateScaling(run: Run): Promise<Section> {
  const connections = run.quick ? 100_000 : 10_000_000;
  const rows = populations.map(({ label, kinds }) => {
    run.say(`scaling: ${label}`);
    const spread = simulate(kinds, connections, day);
    const burst = simulate(kinds, connections, 600);
    return [label, figure(spread.mean), figure(spread.peak), figure(burst.peak)];
  });
  return {
    name: "scaling",
    title: "Refreshes of ten million connections",
    method: [
      `A simulation of a day, second by second, with the default margin of ${marginSeconds} s and jitter of ${jitterSeconds} s. A connection is refreshed when it is due, whether or not anybody reads it. It calls nothing; docs/scaling.md says what follows from it.`,
    ],
    tables: [
      {
        caption: `${figure(connections)} connections, refreshes a second`,
        columns: [
          "access tokens",
          "mean",
          "busiest second of the last hour, connected over a day",
          "the same, all connected within ten minutes",
        ],
        rows,
      },
    ],
    plots: [],
    claims: [],
    notes: [],
  };
}

function simulate(kinds: readonly Kind[], connections: number, connectedWithinSeconds: number): Simulated {
  const perSecond = new Uint32Array(2 * day);
  for (const { lifetimeSeconds, share } of kinds) {
    const margin = Math.min(marginSeconds, lifetimeSeconds * largestMargin);
    const jitter = Math.min(jitterSeconds, margin);
    for (let connection = 0; connection < connections * share; connection += 1) {
      let at = Math.random() * connectedWithinSeconds;
      for (;;) {
        at += lifetimeSeconds - margin - Math.random() * jitter;
        if (at >= 2 * day) break;
        const second = Math.floor(at);
        perSecond[second] = (perSecond[second] ?? 0) + 1;
      }
    }
  }
  const secondDay = perSecond.subarray(day);
  return {
    mean: secondDay.reduce((sum, count) => sum + count, 0) / day,
    peak: secondDay.subarray(-hour).reduce((most, count) => Math.max(most, count), 0),
  };
}
