import { describe, expect, it } from "vitest";
import { StoreError, DatabaseRequestError, judgeFailure } from "./store-error.ts";

const failure = (code: string, message = "SECRET-PARAMETER") => Object.assign(new Error(message), { code });
const judge = (thrown: unknown, at: { remote?: boolean; writes?: boolean } = {}) => {
  const { error, again } = judgeFailure(thrown, { remote: at.remote ?? false, writes: at.writes ?? true });
  return { code: error.code, message: error.message, again };
};

describe("the judgement of failures", () => {
  it.each([
    ["SQLITE_BUSY", "store_unavailable", "while_busy"],
    ["SQLITE_BUSY_SNAPSHOT", "store_unavailable", "while_busy"],
    ["SQLITE_LOCKED_SHAREDCACHE", "store_unavailable", "while_busy"],
    ["TRANSACTION_BUSY", "store_unavailable", "while_busy"],
    ["SQLITE_CONSTRAINT", "constraint_failed", "never"],
    ["SQLITE_CONSTRAINT_NOTNULL", "constraint_failed", "never"],
    ["SQLITE_FULL", "store_unavailable", "never"],
    ["SQLITE_READONLY_DIRECTORY", "store_unavailable", "never"],
    ["SQLITE_ERROR", "store_failed", "never"],
    ["SQL_PARSE_ERROR", "store_failed", "never"],
  ])("%s means %s, for writes and reads alike, and is tried again: %s", (sqliteCode, code, again) => {
    for (const writes of [true, false]) expect(judge(failure(sqliteCode), { writes })).toMatchObject({ code, again });
  });

  it.each(["SQLITE_IOERR_FSYNC", "SQLITE_UNKNOWN", "TRANSACTION_TIMEOUT", "HRANA_PROTO_ERROR", "lower case & odd"])(
    "%s leaves it open whether a write landed, so it is never tried again",
    (code) => {
      expect(judge(failure(code))).toMatchObject({ code: "store_outcome_unknown", again: "never" });
      expect(judge(failure(code), { writes: false })).toMatchObject({ code: "store_unavailable", again: "never" });
    },
  );

  it("an answer that cannot be read may hide a write that landed; a fault of this process cannot", () => {
    expect(judge(new SyntaxError("SECRET-PARAMETER"), { remote: true })).toMatchObject({ code: "store_outcome_unknown", again: "never" });
    expect(judge(new TypeError("SECRET-PARAMETER"))).toEqual({
      code: "store_failed",
      message: "The statement could not be run (TypeError).",
      again: "never",
    });
  });

  it.each([
    ["refused", true, "store_unavailable", "never"],
    ["refused", false, "store_unavailable", "never"],
    ["not_sent", true, "store_unavailable", "briefly"],
    ["not_sent", false, "store_unavailable", "briefly"],
    ["lost", true, "store_outcome_unknown", "never"],
    ["lost", false, "store_unavailable", "briefly"],
  ] as const)("a request %s (writes: %s) means %s, tried again: %s", (outcome, writes, code, again) => {
    expect(judge(new DatabaseRequestError(outcome, "It did."), { remote: true, writes })).toMatchObject({ code, again });
  });

  it("names the column that refused, and nothing else of what the database said", () => {
    const { message } = judge(
      failure("SQLITE_CONSTRAINT", "SQLite error: NOT NULL constraint failed: events.generation [SECRET-PARAMETER]"),
    );
    expect(message).toBe("A constraint refused the write (SQLITE_CONSTRAINT, NOT NULL constraint failed: events.generation).");
    for (const code of ["SQLITE_BUSY", "SQLITE_ERROR", "SQLITE_IOERR", "SQLITE_FULL", "SECRET parameter"]) {
      expect(judge(failure(code)).message).not.toMatch(/secret/i);
    }
  });

  it("leaves a judged failure as it is", () => {
    const error = new StoreError("database_too_new", "Run that version.");
    expect(judgeFailure(error, { remote: false, writes: true })).toEqual({ error, again: "never" });
  });
});
