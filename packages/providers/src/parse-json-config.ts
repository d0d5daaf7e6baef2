/**
 * Reads a config written as JSON, and notices keys that stand twice: a JavaScript object could not tell.
 */
import type { ConfigFault } from "@evergrant/schema";
import { type AnyNode, parse } from "@humanwhocodes/momoa";
import { at } from "./config-path.ts";

/**
 * Parses JSON (RFC 8259; no comments) and reports every key that an object holds twice, with its path and both lines.
 * Faults repeat no value, since it may be a secret.
 */
export function parseJsonConfig(text: string): { ok: true; input: unknown } | { ok: false; faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  try {
    collectDuplicates(parse(text, { mode: "json" }).body, "", faults);
    if (faults.length === 0) return { ok: true, input: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    faults.push({ path: "", message: `not JSON${position(error)}`, mend: "check quotes, commas and brackets there; JSON has no comments" });
  }
  return { ok: false, faults };
}

function collectDuplicates(node: AnyNode, path: string, faults: ConfigFault[]): void {
  if (node.type === "Array") {
    for (const [index, element] of node.elements.entries()) collectDuplicates(element.value, at(path, index), faults);
  }
  if (node.type !== "Object") return;
  const lines = new Map<string, number>();
  for (const { name, value } of node.members) {
    const key = name.type === "String" ? name.value : name.name;
    const here = at(path, key);
    const first = lines.get(key);
    const line = name.loc.start.line;
    if (first === undefined) lines.set(key, line);
    else
      faults.push({
        path: here,
        message: `stands twice, in lines ${first} and ${line}`,
        mend: "keep one of the two, or give one another name",
      });
    collectDuplicates(value, here, faults);
  }
}

/** Where the parser stopped. Its message is not repeated: it quotes the text there. */
function position(error: Error): string {
  const line = "line" in error && typeof error.line === "number" ? error.line : null;
  const column = "column" in error && typeof error.column === "number" ? error.column : null;
  return line === null || column === null ? "" : `: line ${line}, column ${column}`;
}
