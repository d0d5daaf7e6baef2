/**
 * Dotted paths into JSON that somebody else wrote, such as `data.0.id`.
 */

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
