/**
 * How words look on a terminal: colours where a person reads and wants them, plain text everywhere else.
 */
import { styleText } from "node:util";
import type { Output } from "./surroundings.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";

/** Paints a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** The brush for an output; `NO_COLOR` is obeyed (https://no-color.org). */
export function paintFor(output: Pick<Output, "isTerminal">, { noColor }: { noColor: boolean }): Paint {
  if (!output.isTerminal || noColor) return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** Rows as aligned columns, two blanks between them; nothing behind the last one. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
