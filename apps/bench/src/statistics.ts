/**
 * Medians, percentiles and ratios: what is said of several rounds of one measurement.
 */

/** What several rounds came to. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** @throws {RangeError} where there is nothing to take the middle of. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 50), lowest: percentile(sorted, 0), highest: percentile(sorted, 100) };
}

/**
 * The value that `percent` of the others do not exceed, between neighbours in proportion.
 *
 * @param sorted In ascending order.
 * @throws {RangeError} where there are none.
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError("there is no percentile of nothing");
  return below + (above - below) * (at - Math.floor(at));
}

/** One side over the other, round by round: what disturbed a round disturbed both. */
export function ratioOf(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spreadOf(numerators.map((value, round) => value / (denominators[round] ?? Number.NaN)));
}
