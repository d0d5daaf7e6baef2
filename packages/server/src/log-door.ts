/**
 * The log's door: each line says of which request it is, and nothing that looks like a secret gets past, whoever wrote the line.
 */
import { redactFields, redactText } from "@evergrant/schema";
import { currentAct } from "./acting.ts";
import type { Log } from "./authority.ts";

/** The log that was handed in, behind the door. */
export function openLog(log: Log): Log {
  const through = (level: keyof Log) => (fields: Record<string, unknown>, message: string) => {
    const { requestId } = currentAct();
    log[level]({ ...redactFields(fields), ...(requestId !== null && { requestId }) }, redactText(message));
  };
  return { info: through("info"), warn: through("warn"), error: through("error") };
}
