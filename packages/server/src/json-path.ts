/**
 * JSON that somebody else wrote, and dotted paths into it, such as `data.0.id`.
 */

/** A `sub` has 255 at most (OpenID Connect Core §2). */
const mostIdCharacters = 256;

/** A whole string, or a number that is an integer of so many digits that JavaScript would round it. */
const stringOrLongInteger = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;

/**
 * Parses JSON. An integer too long for a JavaScript number stands as text, digit for digit: two accounts must not become one by rounding.
 *
 * @throws {SyntaxError} It is no JSON.
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!/\d{16}/.test(text)) return value;
  return JSON.parse(text.replace(stringOrLongInteger, (found) => (found.startsWith('"') ? found : `"${found}"`)));
}

/** The value at a path; undefined where the path leads nowhere. Only own members are followed. */
export function valueAt(value: unknown, path: string): unknown {
  let here: unknown = value;
  for (const step of path.split(".")) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

/** The text or number at a path, as text; null where there is neither. */
export function textAt(value: unknown, path: string): string | null {
  const found = valueAt(value, path);
  if (typeof found === "number" && Number.isFinite(found)) return String(found);
  return typeof found === "string" && found !== "" ? found : null;
}

/** The text at a path as a database keeps it: cut to so many characters, and with U+FFFD for halves of one and for NUL. */
export function nameAt(value: unknown, path: string, mostCharacters: number): string | null {
  return (
    textAt(value, path)
      ?.slice(0, mostCharacters)
      .replaceAll(/[\0\p{Cs}]/gu, "\ufffd") ?? null
  );
}

/** The text at a path that tells one thing from others: none where it would have to be cut, since two could then be one. */
export function idAt(value: unknown, path: string): string | null {
  const id = nameAt(value, path, mostIdCharacters + 1);
  return id === null || id.length > mostIdCharacters ? null : id;
}
