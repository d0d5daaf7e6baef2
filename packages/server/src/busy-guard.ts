/**
 * The connection to a database file, guarded against a bug of libsql 0.5.29 that loses writes; the only file that speaks to `libsql`.
 *
 * There, a write that fails with SQLITE_BUSY is never reset: from then on its connection answers "written" to everything, commits
 * nothing and keeps the lock (tursodatabase/libsql-js#228, libsql-client-ts#352). So a connection that ever throws BUSY is rolled
 * back and closed before the error reaches anybody, and the next statement opens another. One connection is enough: every call is
 * synchronous and ends what it began. Nothing of the `libsql` package is patched, so an embedder's own connections are left alone.
 */
import Libsql from "libsql";
import { StoreError } from "./store-error.ts";
import { type WalIndex, openWalIndex } from "./wal-index.ts";

export type Connection = InstanceType<typeof Libsql>;

export interface GuardedConnection {
  /**
   * Does synchronous work on the connection, opening one if there is none. What it throws is thrown on, rolled back first.
   *
   * @throws {StoreError} `transaction_refused` where the work leaves a transaction open behind it.
   */
  use<Result>(work: (connection: Connection) => Result): Result;
  /** Another number after each commit to the file, by whomever; null where that cannot be told without a query. */
  version(): number | null;
  close(): void;
}

/**
 * Guards the connection to one file.
 *
 * @param file.path A path, or `:memory:`.
 * @param file.busyTimeoutMs How long SQLite itself waits for a lock. It blocks the whole process meanwhile: keep it short.
 */
export function guardConnection(file: { path: string; busyTimeoutMs: number }): GuardedConnection {
  let current: Connection | undefined;
  // Opened behind a connection and closed before it, since it is that connection which keeps it the one that all use.
  let walIndex: WalIndex | undefined;
  const replace = () => {
    walIndex?.close();
    walIndex = undefined;
    if (current !== undefined) abandon(current);
    current = undefined;
  };
  return {
    use(work) {
      try {
        current ??= open(file);
        const result = work(current);
        if (current.inTransaction) throw new StoreError("transaction_refused", "A statement left a transaction open. Use a batch.");
        return result;
      } catch (error) {
        if (isBusy(error) || !isRolledBack(current)) replace();
        throw error;
      }
    },
    version() {
      if (current === undefined) return null;
      walIndex ??= openWalIndex(file.path);
      return walIndex.version();
    },
    close() {
      // Into the file with what its log holds, so that the file is whole by itself; another process's lock may forbid it.
      succeeds(() => current?.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
      replace();
    },
  };
}

function open(file: { path: string; busyTimeoutMs: number }): Connection {
  const connection = connect(file);
  try {
    // FULL: a commit survives a loss of power, since a rotated refresh token cannot be had again (SQLite, PRAGMA synchronous).
    connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    // 16 MiB of pages instead of 2: the upper pages of all indexes of a million connections fit, and every read goes through them.
    connection.exec("PRAGMA cache_size = -16384");
    return connection;
  } catch (error) {
    abandon(connection);
    throw error;
  }
}

function connect({ path, busyTimeoutMs }: { path: string; busyTimeoutMs: number }): Connection {
  try {
    return new Libsql(path, { timeout: busyTimeoutMs });
  } catch {
    // libsql tells no code here, only a sentence.
    throw new StoreError(
      "store_unavailable",
      `The database file ${path} cannot be opened: check that it is a file, and that its folder can be written.`,
    );
  }
}

/** Whether a constraint refused a statement: SQLite then undoes that statement and nothing else. */
export function isConstraint(error: unknown): boolean {
  return primaryCodeOf(error) === 19;
}

function isBusy(error: unknown): boolean {
  return primaryCodeOf(error) === 5;
}

/** SQLite's primary result code, which is the low byte of all its extended kinds; 0 for what SQLite did not throw. */
function primaryCodeOf(error: unknown): number {
  return error instanceof Libsql.SqliteError ? (error.rawCode ?? 0) & 0xff : 0;
}

function abandon(connection: Connection): void {
  isRolledBack(connection);
  connection.close(); // undoes what a rollback could not
}

/** Ends a transaction that is still open; false where even that fails. */
function isRolledBack(connection: Connection | undefined): boolean {
  return connection?.inTransaction !== true || succeeds(() => connection.exec("ROLLBACK"));
}

function succeeds(deed: () => unknown): boolean {
  try {
    deed();
    return true;
  } catch {
    return false;
  }
}
