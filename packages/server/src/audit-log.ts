/**
 * The audit log of one process: reads are gathered in memory, a change of a map for each, and appended once a second or sooner, so that
 * reading a token writes nothing. What a crash can lose is the reads of that second; changes are written with what they change.
 */
import type { AuditSettings } from "@evergrant/schema";
import type { Act } from "./acting.ts";
import { type CountedReads, appendReads, hashSubjectsOf } from "./audit-store.ts";
import type { Log } from "./authority.ts";
import type { Database } from "./database.ts";
import { describeError } from "./errors.ts";
import type { Vault } from "./vault.ts";

export interface AuditLog {
  /** Notes an act that wrote nothing, or failed. */
  note(act: Act, outcome: string): void;
  /** Appends what has been noted. Rejects where the database does not take it; it is then kept, and tried again. */
  flush(): Promise<void>;
}

const flushMs = 1_000;
const minuteMs = 60_000;
const page = 500;
/** Kinds of reads that are appended before the second is over: of a million connections a second may read more than are kept. */
const enough = 2_000;
/** Kinds of reads kept while the database is away; further ones are counted as dropped. */
const mostKept = 20_000;

/**
 * Opens the audit log.
 *
 * @param parts.workBehind Where the platform freezes work behind an answer: appends at once, behind each answer.
 */
export function openAuditLog(parts: {
  database: Database;
  vault: Vault;
  now: () => Date;
  log: Log;
  settings: AuditSettings;
  workBehind: ((work: Promise<unknown>) => void) | null;
}): AuditLog {
  const { database, vault, now, log, settings, workBehind } = parts;
  hashSubjectsOf(database, vault);
  let noted = new Map<string, CountedReads>();
  let eachCount = 0;
  let dropped = 0;
  let isScheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();

  const append = async (): Promise<void> => {
    const reads = [...noted.values()];
    noted = new Map();
    try {
      for (let from = 0; from < reads.length; from += page) await appendReads(database, reads.slice(from, from + page).map(withoutSubject));
    } catch (error) {
      // Some pages may have landed: their reads are then counted twice, which errs on the side of telling.
      for (const read of reads) keep(read);
      throw error;
    }
    if (dropped > 0) log.error({ dropped }, "reads were not audited: the database was away for too long");
    dropped = 0;
  };
  /** The key is stored with the row until it is sealed, and a subject is not. */
  const withoutSubject = (read: CountedReads): CountedReads =>
    read.mergeKey === null ? read : { ...read, mergeKey: vault.authenticate(read.mergeKey, "audit_subject") };
  const keep = (read: CountedReads): void => {
    const key = read.mergeKey ?? `#${(eachCount += 1)}`;
    const known = noted.get(key);
    if (known !== undefined) {
      known.count += read.count;
      if (read.lastAt > known.lastAt) known.lastAt = read.lastAt;
    } else if (noted.size < mostKept) noted.set(key, read);
    else dropped += read.count;
  };
  const flush = (): Promise<void> => {
    const next = flushing.then(append);
    flushing = next.catch(() => undefined);
    return next;
  };
  const flushSoon = async (): Promise<void> => {
    let failed = false;
    try {
      await flush();
    } catch (error) {
      failed = true;
      log.error({ error: describeError(error) }, "reads were not audited yet; trying again");
    }
    clearTimeout(timer);
    isScheduled = false;
    // Behind an answer nothing holds the next try back, so after a failure it comes with the next answer.
    if (noted.size > 0 && !(failed && workBehind !== null)) schedule();
  };
  const schedule = (): void => {
    isScheduled = true;
    if (workBehind !== null) workBehind(flushSoon());
    else timer = setTimeout(() => void flushSoon(), flushMs).unref();
  };

  return {
    note(act, outcome) {
      const at = now();
      const { actor, action, about } = act;
      const key =
        settings.reads === "each"
          ? `#${(eachCount += 1)}`
          : `${actor.kind} ${actor.id} ${action} ${outcome} ${about.connectionId} ${about.integrationId} ${Math.floor(at.getTime() / minuteMs)} ${about.subject}`;
      const known = noted.get(key);
      if (known !== undefined) {
        known.count += 1;
        known.lastAt = at;
      } else if (noted.size < mostKept) {
        const mergeKey = settings.reads === "each" ? null : key;
        noted.set(key, { act, concern: about, outcome, at, lastAt: at, count: 1, mergeKey });
        if (noted.size === enough && workBehind === null) void flushSoon();
      } else dropped += 1;
      if (!isScheduled) schedule();
    },
    flush,
  };
}
