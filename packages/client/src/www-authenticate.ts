/**
 * The `WWW-Authenticate` field (RFC 9110 §11.6.1): the challenges in it, as far as they can be read.
 */

export interface Challenge {
  /** The authentication scheme in lower case, such as `bearer`. */
  readonly scheme: string;
  /** By name in lower case; of a name that comes twice, the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"?/sy;
const space = /[ \t]*/y;

/**
 * Reads a field value, or several joined by commas.
 *
 * A comma stands between challenges as well as between parameters, so what follows a name decides: with `=` it is a parameter.
 * What fits no grammar is skipped; unquoted values and missing commas, as some servers send them, are read.
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };

  let mayBeScheme = true;
  while (at < field.length) {
    take(space);
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) {
      mayBeScheme ||= field[at] === ",";
      at += 1;
      continue;
    }
    take(space);
    if (field[at] === "=") {
      at += 1;
      take(space);
      const value = take(quoted)?.[1]?.replaceAll(/\\(.)/gs, "$1") ?? take(token)?.[0] ?? "";
      const parameters = challenges.at(-1)?.parameters;
      if (parameters?.has(name) === false) parameters.set(name, value);
      mayBeScheme = false;
    } else if (mayBeScheme) {
      challenges.push({ scheme: name, parameters: new Map() });
      // Behind a scheme stands a parameter or a token68; only a comma brings another scheme.
      mayBeScheme = false;
    }
  }
  return challenges;
}
