/**
 * Group commit: writes that are asked for in one turn of the event loop share one transaction, and so one flush to the disk.
 *
 * Each has a savepoint of its own: one that a constraint refuses is undone alone. After any other failure nothing of the transaction is
 * trusted: it is rolled back, and each write goes alone. A promise resolves after the commit, never before.
 */
import { type Connection, type GuardedConnection, isConstraint } from "./busy-guard.ts";

export interface GroupedWrites {
  /** Does the work in a write transaction, with others or alone; all of it or nothing. */
  add<Result>(work: (connection: Connection) => Result): Promise<Result>;
  /** Commits at once what has been added. */
  commit(): void;
}

/** More would keep other processes from the lock for longer than their SQLite waits for it. */
const mostTogether = 50;

interface Write {
  /** Does the work; what it returns tells the result, once that is committed. */
  readonly run: (connection: Connection) => () => void;
  readonly reject: (error: unknown) => void;
}

/** Groups the writes of one connection. */
export function groupWrites(guarded: GuardedConnection): GroupedWrites {
  let waiting: Write[] = [];
  const commit = (): void => {
    const writes = waiting;
    waiting = [];
    for (let from = 0; from < writes.length; from += mostTogether) commitGroup(guarded, writes.slice(from, from + mostTogether));
  };
  return {
    add: (work) =>
      new Promise((resolve, reject) => {
        const run = (connection: Connection) => {
          const result = work(connection);
          return () => resolve(result);
        };
        if (waiting.push({ run, reject }) === 1) setImmediate(commit);
      }),
    commit,
  };
}

/** Runs work between a `BEGIN` and a `COMMIT`; the guard rolls back where it throws. */
export function inTransaction<Result>(connection: Connection, begin: string, work: () => Result): Result {
  connection.exec(begin);
  const result = work();
  connection.exec("COMMIT");
  return result;
}

function commitGroup(guarded: GuardedConnection, group: readonly Write[]): void {
  const together = group.length > 1 && commitTogether(guarded, group);
  if (!together) for (const write of group) commitAlone(guarded, write);
}

function commitAlone(guarded: GuardedConnection, write: Write): void {
  try {
    // A write waits for its lock in BEGIN, which libsql ends properly even where it fails; without one, it would be left half run.
    guarded.use((connection) => inTransaction(connection, "BEGIN IMMEDIATE", () => write.run(connection)))();
  } catch (error) {
    write.reject(error);
  }
}

/** False where nothing of the group was written, because one of them took the transaction down with it: each is then to go alone. */
function commitTogether(guarded: GuardedConnection, group: readonly Write[]): boolean {
  let isRunning = false;
  try {
    const told = guarded.use((connection) =>
      inTransaction(connection, "BEGIN IMMEDIATE", () => {
        isRunning = true;
        const outcomes = group.map((write) => runInSavepoint(connection, write));
        isRunning = false;
        return outcomes;
      }),
    );
    for (const tell of told) tell();
  } catch (error) {
    if (isRunning) return false;
    // The lock was not to be had, or the commit failed: the same holds for all of them.
    for (const { reject } of group) reject(error);
  }
  return true;
}

function runInSavepoint(connection: Connection, { run, reject }: Write): () => void {
  connection.exec("SAVEPOINT one");
  try {
    const told = run(connection);
    connection.exec("RELEASE one");
    return told;
  } catch (error) {
    if (!isConstraint(error)) throw error;
    connection.exec("ROLLBACK TO one");
    connection.exec("RELEASE one");
    return () => reject(error);
  }
}
