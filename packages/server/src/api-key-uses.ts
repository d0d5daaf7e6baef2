/**
 * When each API key was last used: written behind the answer, at most once a minute for each key, so that a call stays a read.
 */
import { recordApiKeyUse } from "./api-keys-store.ts";
import type { Log } from "./authority.ts";
import type { Database } from "./database.ts";
import { describeError } from "./errors.ts";

export interface ApiKeyUses {
  /** Notes that a key has just been used. */
  note(id: string): void;
}

const everyMs = 60_000;
/** Keys remembered at most; beyond, what is forgotten is written once more. */
const mostRemembered = 10_000;

/**
 * Makes the keeper of one process.
 *
 * @param parts.keep Takes the write, which nobody waits for.
 */
export function createApiKeyUses(parts: {
  database: Database;
  now: () => Date;
  log: Log;
  keep: (work: Promise<unknown>) => void;
}): ApiKeyUses {
  const { database, now, log, keep } = parts;
  const writtenAt = new Map<string, number>();
  const write = async (id: string, at: Date): Promise<void> => {
    try {
      // Another process may have said so a moment ago.
      await recordApiKeyUse(database, id, { at, notSince: new Date(at.getTime() - everyMs) });
    } catch (error) {
      log.warn({ apiKey: id, error: describeError(error) }, "the last use of an API key was not recorded");
    }
  };
  return {
    note(id) {
      const at = now();
      const last = writtenAt.get(id);
      if (last !== undefined && at.getTime() - last < everyMs) return;
      if (writtenAt.size >= mostRemembered) writtenAt.clear();
      writtenAt.set(id, at.getTime());
      keep(write(id, at));
    },
  };
}
