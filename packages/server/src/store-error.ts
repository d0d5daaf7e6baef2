/**
 * What can go wrong with the database: one class, a closed set of codes, and the judgement of what a failure means for the write behind it.
 */

/**
 * - `store_unavailable`: nothing was written; the database was busy past the deadline, out of reach, full or read-only. Try later.
 * - `store_outcome_unknown`: a write was sent and its answer never came. Read the row again before anything else.
 * - `constraint_failed`: a constraint refused the statement, and with it its whole batch; the guard of a conditional batch ends so.
 * - `store_failed`: the statement or the file is at fault; nothing was written.
 * - `transaction_refused`: somebody asked for an interactive transaction.
 * - `database_too_new`: the database was migrated by a newer program.
 * - `database_url_invalid`: the URL names no database that this door opens.
 */
export type StoreErrorCode =
  | "store_unavailable"
  | "store_outcome_unknown"
  | "constraint_failed"
  | "store_failed"
  | "transaction_refused"
  | "database_too_new"
  | "database_url_invalid";

/** A failure of the database. Neither the message nor any field carries a bound parameter, and there is no `cause` that could. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What became of a request to a remote database: it `refused` it, it was `not_sent`, or it was sent and the answer is `lost`. */
export class DatabaseRequestError extends Error {
  override readonly name = "DatabaseRequestError";
  readonly outcome: "refused" | "not_sent" | "lost";

  constructor(outcome: DatabaseRequestError["outcome"], message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/** A failure as callers may see it, and whether the door may try once more: `while_busy` until its deadline, `briefly` a few times. */
export interface Failure {
  readonly error: StoreError;
  readonly again: "while_busy" | "briefly" | "never";
}

/**
 * Judges what was thrown by a database.
 *
 * The codes are SQLite's result codes, base or extended, and those of libSQL's server.
 *
 * @see https://www.sqlite.org/rescode.html
 */
export function judgeFailure(thrown: unknown, { remote, writes }: { remote: boolean; writes: boolean }): Failure {
  if (thrown instanceof StoreError) return { error: thrown, again: "never" };
  if (thrown instanceof DatabaseRequestError) return judgeRequest(thrown, writes);
  const code = codeOf(thrown) ?? (remote ? "UNINTELLIGIBLE_ANSWER" : undefined);
  if (code === undefined)
    return final("store_failed", `The statement could not be run (${thrown instanceof Error ? thrown.name : typeof thrown}).`);
  const named = `${code}${detailOf(thrown)}`;
  if (matches(busyCodes, code))
    return { error: new StoreError("store_unavailable", `The database stayed busy (${named}). Try again.`), again: "while_busy" };
  if (matches(["SQLITE_CONSTRAINT"], code)) return final("constraint_failed", `A constraint refused the write (${named}).`);
  if (matches(refusingCodes, code)) return final("store_unavailable", `The database takes no writes, or cannot be opened (${named}).`);
  if (matches(faultCodes, code)) return final("store_failed", `The database refused the statement (${named}).`);
  // Such as an I/O error, which may strike after the commit record was written.
  if (writes) return final("store_outcome_unknown", `The write may or may not have landed (${named}). Read the row again.`);
  return final("store_unavailable", `The database could not be read (${named}).`);
}

// Before any write: the statement has no lock yet, or was rolled back with its batch.
const busyCodes = ["SQLITE_BUSY", "SQLITE_LOCKED", "TRANSACTION_BUSY"];
const refusingCodes = ["SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_NOMEM", "BLOCKED"];
const faultCodes = [
  "SQLITE_ERROR",
  "SQLITE_MISMATCH",
  "SQLITE_MISUSE",
  "SQLITE_RANGE",
  "SQLITE_TOOBIG",
  "SQLITE_SCHEMA",
  "SQLITE_NOTADB",
  "SQLITE_CORRUPT",
  "SQL_PARSE_ERROR",
  "SQL_INPUT_ERROR",
  "SQL_NO_STATEMENT",
  "SQL_MANY_STATEMENTS",
  "ARGS_INVALID",
];

function judgeRequest(error: DatabaseRequestError, writes: boolean): Failure {
  if (error.outcome === "refused") return final("store_unavailable", error.message);
  if (error.outcome === "lost" && writes)
    return final("store_outcome_unknown", `${error.message} The write may or may not have landed: read the row again.`);
  return { error: new StoreError("store_unavailable", error.message), again: "briefly" };
}

function final(code: StoreErrorCode, message: string): Failure {
  return { error: new StoreError(code, message), again: "never" };
}

/** `SQLITE_BUSY` stands for its extended codes too, such as `SQLITE_BUSY_SNAPSHOT`. */
function matches(codes: readonly string[], code: string): boolean {
  return codes.some((base) => code === base || code.startsWith(`${base}_`));
}

function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown) || typeof thrown.code !== "string") return undefined;
  // A server may put anything here; what is not shaped like a code is not repeated.
  return /^[A-Z][A-Z_]{1,63}$/.test(thrown.code) ? thrown.code : "UNKNOWN";
}

/** The part of a message that names tables, columns and words of the statement. The rest stays out: a server's may echo what it was sent. */
function detailOf(thrown: unknown): string {
  const known =
    /\b(?:(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: \w+(?:\.\w+)?(?:, \w+\.\w+)*)?|no such (?:table|column|function): \w+(?:\.\w+)?|near "\w+": syntax error)/;
  const detail = thrown instanceof Error ? known.exec(thrown.message)?.[0] : undefined;
  return detail === undefined ? "" : `, ${detail}`;
}
