/**
 * Connection ids: they grow with time, so that a list in their order is a list in the order of birth.
 */
import { randomId } from "./digests.ts";

/** `con_`, 9 hex-like digits of milliseconds in base 36, then 96 random bits in base64url. */
export function newConnectionId(now: Date): string {
  return `con_${now.getTime().toString(36).padStart(9, "0")}${randomId(12)}`;
}
