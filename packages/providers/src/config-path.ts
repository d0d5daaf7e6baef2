/**
 * Where in a config something stands, in the words that a person would write: `integrations.oauth.providers.github.scopes[1]`.
 */

/** A path below another one; numbers are indexes. */
export function at(path: string, ...steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((written, step) => {
    if (typeof step === "number") return `${written}[${step}]`;
    const name = String(step);
    const plain = /^[A-Za-z_$][\w$-]*$/.test(name);
    return plain ? (written === "" ? name : `${written}.${name}`) : `${written}[${JSON.stringify(name)}]`;
  }, path);
}
