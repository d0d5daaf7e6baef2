/**
 * Which button a flow is of: two buttons that want the same share one.
 */

export type FlowKey = string;

/** Short, since it travels in `returnTo`. */
export function flowKey({
  integration,
  connectionId = "",
  scopes,
}: {
  readonly integration: string;
  readonly connectionId?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}): FlowKey {
  if (scopes === undefined && connectionId === "") return integration;
  return [integration, connectionId, scopes === undefined ? "" : hash(scopes.toSorted().join(" "))].join(":");
}

/** FNV-1a, 32 bits: the few lists of one page are not to be confused, and nobody is kept from making two that are. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value.toString(36);
}
