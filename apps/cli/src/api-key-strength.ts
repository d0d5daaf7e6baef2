/**
 * How hard an API key that somebody chose is to guess.
 */

/** As many as 32 random bytes hold. */
const leastBits = 256;
/** A random key of that length repeats few characters; a pattern repeats its own. */
const leastDistinct = 10;

/** Whether a key is as hard to guess as 32 random bytes, as far as its characters show: a word or a pattern is not. */
export function isStrongApiKey(key: string): boolean {
  const alphabets: readonly (readonly [RegExp, number])[] = [
    [/^\d+$/, 10],
    [/^([0-9a-f]+|[0-9A-F]+)$/, 16],
    [/^([0-9a-z]+|[0-9A-Z]+)$/, 36],
    [/^[0-9A-Za-z+/=_-]+$/, 64],
  ];
  const alphabet = alphabets.find(([form]) => form.test(key))?.[1] ?? 94;
  return key.length * Math.log2(alphabet) >= leastBits && new Set(key).size >= leastDistinct;
}
