/**
 * A section for a terminal.
 */
import type { Section, Table } from "./section.ts";

export function toText(section: Section): string {
  const claims = section.claims.map(({ what, target, measured, holds }) => `  ${holds ? "✓" : "✗"} ${what}: ${measured}; ${target}`);
  return [`\n${section.title}`, ...section.tables.map(toLines), ...claims, ...section.notes.map((note) => `  ${note}`), ""].join("\n");
}

function toLines({ caption, columns, rows }: Table): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join("  ")}`;
  return [`\n  ${caption}`, line(columns), ...rows.map(line), ""].join("\n");
}
