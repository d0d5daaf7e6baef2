/**
 * What is answered where a request failed for a reason that nobody foresaw: it may say anything, so it stays in the log.
 */
import type { Authority } from "./authority.ts";
import { describeError } from "./errors.ts";

export function unforeseen({ log }: Pick<Authority, "log">, error: unknown): Response {
  log.error({ error: describeError(error) }, "a request failed");
  return Response.json({ error: { message: "something went wrong on this server; its log says what" } }, { status: 500 });
}
