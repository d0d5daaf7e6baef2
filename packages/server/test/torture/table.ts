/**
 * The account of many tortures: for each trouble how often it was made, what connections ended as, and how many broke an invariant.
 */
import type { Break } from "./invariants.ts";
import { finalStateOf } from "./invariants.ts";
import type { Plan } from "./plan.ts";
import type { Evidence } from "./scene.ts";

interface Line {
  runs: number;
  grants: number;
  broken: number;
  readonly states: Map<string, number>;
}

export interface Table {
  enter(evidence: Evidence, breaks: readonly Break[]): void;
  /** A torture that came to no end. */
  enterFailure(plan: Plan): void;
  /** How many runs broke something. */
  broken(): number;
  print(): string;
}

export function createTable(): Table {
  const lines = new Map<string, Line>();
  const lineOf = ({ trouble }: Plan): Line => {
    const name = "step" in trouble ? `${trouble.kind}, ${trouble.step}` : trouble.kind;
    const line = lines.get(name) ?? { runs: 0, grants: 0, broken: 0, states: new Map() };
    lines.set(name, line);
    line.runs += 1;
    return line;
  };
  const count = (line: Line, state: string): void => void line.states.set(state, (line.states.get(state) ?? 0) + 1);
  return {
    enter(evidence, breaks) {
      const line = lineOf(evidence.plan);
      line.grants += evidence.grants.length;
      line.broken += breaks.length > 0 ? 1 : 0;
      count(line, finalStateOf(evidence));
    },
    enterFailure(plan) {
      const line = lineOf(plan);
      line.broken += 1;
      count(line, "no end");
    },
    broken: () => [...lines.values()].reduce((sum, { broken }) => sum + broken, 0),
    print() {
      const all = [...lines].toSorted(([one], [other]) => one.localeCompare(other));
      const states = new Map<string, number>();
      for (const [, line] of all) for (const [state, times] of line.states) states.set(state, (states.get(state) ?? 0) + times);
      const told = (counts: Map<string, number>) => [...counts].map(([state, times]) => `${state} ${times}`).join(", ");
      const rows = all.map(([name, { runs, grants, broken, states: ended }]) =>
        row(name, String(runs), String(grants), String(broken), told(ended)),
      );
      const runs = all.reduce((sum, [, line]) => sum + line.runs, 0);
      return [
        row("trouble", "runs", "grants", "broken", "ended as"),
        ...rows,
        row("all", String(runs), "", String(this.broken()), told(states)),
      ].join("\n");
    },
  };
}

function row(name: string, runs: string, grants: string, broken: string, states: string): string {
  return `${name.padEnd(26)} ${runs.padStart(5)} ${grants.padStart(7)} ${broken.padStart(7)}  ${states}`;
}
