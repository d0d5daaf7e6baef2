/**
 * What a section of the benchmarks comes to: tables and plots for the page, and claims that hold or do not.
 */

export interface Section {
  /** What `npm run bench -- <name>` calls it, and the name of its file of results. */
  readonly name: string;
  readonly title: string;
  /** How it was measured, in sentences. */
  readonly method: readonly string[];
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly claims: readonly Claim[];
  /** What a reader should know of these figures. */
  readonly notes: readonly string[];
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Bars, one below the other. */
export interface Plot {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly label: string; readonly value: number; readonly lowest: number; readonly highest: number }[];
}

/** Something that was promised of a figure. */
export interface Claim {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly holds: boolean;
}

export interface Run {
  /** Fewer and shorter rounds: to see that it works, not to quote. */
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

/** A number with three digits that mean something. */
export function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A median with the lowest and highest round. */
export function spreadText({ median, lowest, highest }: { median: number; lowest: number; highest: number }): string {
  return `${figure(median)} (${figure(lowest)}–${figure(highest)})`;
}
