/**
 * Did you mean: which of the known words look like one that is not known.
 */

/**
 * At most three of `candidates` that look like `word`, best first; empty where none does.
 *
 * Alike are words a few edits apart whatever their case, the same parts in another order (`user:read`, `read:user`), and the
 * last segment of a URL (`calendar.readonly`).
 */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  const wanted = word.toLowerCase();
  // A third of the word, so that short words do not all look alike; at most five, so that long ones do not either.
  const limit = Math.min(5, Math.max(1, Math.floor(wanted.length / 3)));
  const alike: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const distance = unlikeness(wanted, candidate.toLowerCase(), limit);
    if (distance <= limit) alike.push({ candidate, distance });
  }
  return alike
    .toSorted((a, b) => a.distance - b.distance || a.candidate.length - b.candidate.length || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** How unlike two words are, in edits; more than `limit` may be any number above it. */
function unlikeness(word: string, candidate: string, limit: number): number {
  if (parts(word) === parts(candidate)) return Math.min(1, editDistance(word, candidate));
  const slash = candidate.lastIndexOf("/");
  const whole = withinReach(word, candidate, limit);
  return slash < 0 || word.includes("/") ? whole : Math.min(whole, 1 + withinReach(word, candidate.slice(slash + 1), limit));
}

function withinReach(word: string, candidate: string, limit: number): number {
  return Math.abs(word.length - candidate.length) > limit ? limit + 1 : editDistance(word, candidate);
}

function parts(word: string): string {
  return word
    .split(/[^a-z0-9]+/)
    .toSorted()
    .join(" ");
}

/**
 * How many single edits make one word of the other: a letter inserted, removed or replaced, or two neighbours swapped
 * (optimal string alignment: no part is edited twice).
 *
 * @internal Exported for its test.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : Infinity;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
