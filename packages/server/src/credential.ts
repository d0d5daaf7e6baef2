/**
 * Whether a caller's credential still holds, for answers that last longer than the gate's look at it.
 */
import { findApiKey } from "./api-keys-store.ts";
import type { Authority } from "./authority.ts";
import { type Caller, holds } from "./callers.ts";
import { describeError } from "./errors.ts";
import { findSession } from "./sessions-store.ts";

/**
 * Looks at a caller's credential every `timing.credentialCheckMs`, and aborts `signal` once it is revoked or has expired.
 *
 * A database that does not answer proves nothing, so the look is then repeated.
 */
export function watchCredential(authority: Authority, caller: Caller): { signal: AbortSignal; unwatch: () => void } {
  const ended = new AbortController();
  const look = async (): Promise<void> => {
    try {
      if (!(await stillHolds(authority, caller))) ended.abort();
    } catch (error) {
      authority.log.warn({ caller: caller.id, error: describeError(error) }, "a credential was not looked at");
    }
  };
  const timer = setInterval(() => void look(), authority.timing.credentialCheckMs);
  return { signal: ended.signal, unwatch: () => clearInterval(timer) };
}

/** A row that retention has removed was over before. */
async function stillHolds({ database, now }: Pick<Authority, "database" | "now">, caller: Caller): Promise<boolean> {
  if (!caller.isStored) return caller.endsAt === null || caller.endsAt > now();
  const row = await (caller.kind === "session" ? findSession(database, caller.id) : findApiKey(database, caller.id));
  return row !== null && holds(row, now());
}
