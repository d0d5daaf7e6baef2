/**
 * Runs statements on a database file: synchronously, one write transaction for each write or batch, with no state left between two calls.
 */
import type { InValue, ResultSet, Row, Value } from "@libsql/client";
import { type Connection, guardConnection } from "./busy-guard.ts";
import { StoreError } from "./store-error.ts";

/** A statement with its bound parameters, in order. */
export interface Statement {
  readonly sql: string;
  readonly args: InValue[];
}

/** What the door needs of a database, whether it is a file or a server. */
export interface DatabaseClient {
  execute(statement: Statement): Promise<ResultSet>;
  /** Runs all or nothing, in a transaction that takes the write lock at its start (`write`), or that reads one snapshot. */
  batch(statements: readonly Statement[], mode: "write" | "read"): Promise<ResultSet[]>;
  close(): void;
}

/** Opens a database file, creating it if need be. Every call blocks the event loop until it is done. */
export function openFileClient(file: { path: string; busyTimeoutMs: number }): DatabaseClient {
  const guarded = guardConnection(file);
  guarded.use(() => undefined); // a file that cannot be opened is told now, not at the first request
  return {
    execute: async (statement) =>
      guarded.use((connection) => {
        // A write waits for its lock in BEGIN, which libsql ends properly even where it fails; alone, it would be left half run.
        return isWrite(statement.sql)
          ? inTransaction(connection, "BEGIN IMMEDIATE", () => run(connection, statement))
          : run(connection, statement);
      }),
    batch: async (statements, mode) =>
      guarded.use((connection) =>
        inTransaction(connection, mode === "write" ? "BEGIN IMMEDIATE" : "BEGIN", () =>
          statements.map((statement) => run(connection, statement)),
        ),
      ),
    close: () => guarded.close(),
  };
}

/** Whether a statement may change rows. `WITH` may begin either, so it counts as a write. */
function isWrite(sql: string): boolean {
  return /^\s*(?:insert|update|delete|replace|with)\b/i.test(sql);
}

function inTransaction<Result>(connection: Connection, begin: string, work: () => Result): Result {
  connection.exec(begin);
  const result = work(); // the guard rolls back where this throws
  connection.exec("COMMIT");
  return result;
}

function run(connection: Connection, { sql, args }: Statement): ResultSet {
  const statement = connection.prepare(sql);
  const parameters = args.map(toSqlite);
  statement.safeIntegers(true);
  if (!statement.reader) {
    const { changes, lastInsertRowid } = statement.run(parameters);
    return resultSet([], [], [], changes, BigInt(lastInsertRowid));
  }
  statement.raw(true);
  const columns = statement.columns();
  const names = columns.map((column) => column.name);
  const rows = statement.all(parameters).map((cells) => toRow(cells, names));
  return resultSet(
    names,
    columns.map((column) => column.type ?? ""),
    rows,
    isWrite(sql) ? rows.length : 0,
    undefined,
  );
}

function resultSet(
  columns: string[],
  columnTypes: string[],
  rows: Row[],
  rowsAffected: number,
  lastInsertRowid: bigint | undefined,
): ResultSet {
  return { columns, columnTypes, rows, rowsAffected, lastInsertRowid, toJSON: () => ({ columns, columnTypes, rows, rowsAffected }) };
}

/** A row as libSQL's clients give it: by name, and by index where nobody enumerates. */
function toRow(cells: unknown, names: readonly string[]): Row {
  if (!Array.isArray(cells)) throw new StoreError("store_failed", "The database answered with a row of another shape.");
  const row: Row = Object.defineProperty({ length: 0 }, "length", { value: cells.length, enumerable: false });
  cells.forEach((cell: unknown, index) => {
    const value = fromSqlite(cell);
    const name = names[index];
    Object.defineProperty(row, index, { value });
    if (name !== undefined && !Object.hasOwn(row, name)) row[name] = value;
  });
  return row;
}

function fromSqlite(cell: unknown): Value {
  if (cell === null || typeof cell === "string" || typeof cell === "number") return cell;
  if (typeof cell === "bigint" && cell >= Number.MIN_SAFE_INTEGER && cell <= Number.MAX_SAFE_INTEGER) return Number(cell);
  if (cell instanceof Uint8Array) return new Uint8Array(cell).buffer;
  throw new StoreError("store_failed", "The database holds a number too large for JavaScript.");
}

function toSqlite(value: InValue): unknown {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  const fits =
    value === null || typeof value === "string" || typeof value === "bigint" || value instanceof Uint8Array || Number.isFinite(value);
  if (!fits) throw new StoreError("store_failed", `A parameter is neither text, bytes, null nor a finite number, but ${typeof value}.`);
  return value;
}
