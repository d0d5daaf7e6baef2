/**
 * What each of several callers asks for, where everything is asked for once, or once by each of a few callers at the same time.
 */
import { randomNumbers } from "./sides/side.ts";

/**
 * Deals items out to callers at random, the same way every time.
 *
 * @param among.together How many callers have the same share in the same order: they ask for the same thing at once.
 * @throws {RangeError} where the shares would not be of one length.
 */
export function sharesOf<Item>(items: readonly Item[], among: { callers: number; together: number }): Item[][] {
  const groups = among.callers / among.together;
  if (!Number.isInteger(groups)) throw new RangeError(`${among.callers} callers are no whole number of groups of ${among.together}`);
  if (items.length % groups !== 0) throw new RangeError(`${items.length} do not go round in ${groups}`);
  const dealt = shuffled(items);
  return Array.from({ length: among.callers }, (_, caller) =>
    dealt.filter((_item, index) => index % groups === Math.floor(caller / among.together)),
  );
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const keys = randomNumbers(items.length, 2_147_483_647);
  return items
    .map((item, index) => ({ item, key: keys[index] ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
