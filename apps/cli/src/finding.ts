/**
 * What one look of `doctor` found, and how failures and faults become findings.
 */
import type { Fault } from "./cli-error.ts";
import { toCliError } from "./to-cli-error.ts";

/** What one check found. */
export interface Finding {
  readonly check: "node" | "variables" | "config" | "keys" | "database" | "clock" | "address" | "identity provider" | "server";
  readonly level: "ok" | "warn" | "fault";
  readonly message: string;
  /** Null where there is nothing to do. */
  readonly mend: string | null;
}

/** A finding without fault. */
export function ok(check: Finding["check"], message: string): Finding {
  return { check, level: "ok", message, mend: null };
}

/** What was thrown, as findings: one for each fault it lists. */
export function failureFindings(check: Finding["check"], error: unknown): Finding[] {
  const { message, mend, faults } = toCliError(error);
  if (faults.length === 0) return [{ check, level: "fault", message, mend }];
  return faults.map((fault) => ({ check, level: "fault", message: inOneLine(fault), mend: fault.mend }));
}

/** A fault as `path: message`. */
export function inOneLine({ path, message }: Fault): string {
  return path === "" ? message : `${path}: ${message}`;
}
