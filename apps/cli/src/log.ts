/**
 * The server's log: JSON lines for machines, one short line each for a person at a terminal.
 */
import { redactFields, redactText } from "@evergrant/schema";
import type { Log } from "@evergrant/server";
import { pino } from "pino";
import { z } from "zod";
import type { Output } from "./surroundings.ts";
import { type Paint, paintFor } from "./terminal.ts";

const lineShape = z.looseObject({ level: z.string(), time: z.string(), msg: z.string() });

/**
 * A log that writes to `output`, and lets nothing through that looks like a secret.
 *
 * @param fields Stand in every line.
 */
export function createLog(output: Output, options: { noColor: boolean }, fields: Readonly<Record<string, unknown>> = {}): Log {
  const paint = paintFor(output, options);
  const write = output.isTerminal ? (line: string) => output.write(forPeople(line, paint)) : (line: string) => output.write(line);
  const log = pino({ timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } }, { write }).child(fields);
  const through = (level: keyof Log) => (told: Record<string, unknown>, message: string) =>
    log[level](redactFields(told), redactText(message));
  return { info: through("info"), warn: through("warn"), error: through("error") };
}

function forPeople(line: string, paint: Paint): string {
  const { level, time, msg, pid: _pid, hostname: _hostname, ...fields } = lineShape.parse(JSON.parse(line));
  const clock = new Date(time).toLocaleTimeString("en-GB");
  const words = Object.entries(fields).map(([name, value]) => paint("dim", `${name}=${printable(value)}`));
  const tag = level === "info" ? "" : `${paint(level === "warn" ? "yellow" : "red", level)} `;
  return `${[paint("dim", clock), `${tag}${msg}`, ...words].join("  ")}\n`;
}

/** A provider's words may be among the fields: nothing of theirs steers the terminal. */
function printable(value: unknown): string {
  const text = typeof value === "string" && /^[\w.:/@-]+$/.test(value) ? value : (JSON.stringify(value) ?? "");
  return text.replaceAll(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
