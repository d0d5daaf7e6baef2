/**
 * Runs statements on a database file, synchronously and with no state left between two calls. Writes that meet in one turn of the event
 * loop are committed together, since a commit is a flush to the disk; each of them is all or nothing by itself all the same.
 */
import type { InValue, ResultSet, Row, Value } from "@libsql/client";
import { type Connection, guardConnection } from "./busy-guard.ts";
import { groupWrites, inTransaction } from "./group-writes.ts";
import { StoreError } from "./store-error.ts";

/** A statement with its bound parameters, in order. */
export interface Statement {
  readonly sql: string;
  readonly args: InValue[];
}

/** A row without its names: values in the order of the columns. */
export type Cells = readonly Value[];

/** What the door needs of a database, whether it is a file or a server. */
export interface DatabaseClient {
  execute(statement: Statement): Promise<ResultSet>;
  /** Runs all or nothing, in a transaction that takes the write lock at its start (`write`), or that reads one snapshot. */
  batch(statements: readonly Statement[], mode: "write" | "read"): Promise<ResultSet[]>;
  /** Runs a query that changes nothing, for rows without names: half the work of `execute`. */
  read(statement: Statement): Promise<readonly Cells[]>;
  /** Another number after each commit, by whomever; null where that cannot be told without a query. */
  version(): number | null;
  close(): void;
}

/**
 * Calls after which the event loop may come to its next task: what libsql holds outside the heap is freed only there, and calls of a
 * file, which never wait, would keep it from that for as long as somebody has more of them.
 */
const callsPerTask = 200;

/** Opens a database file, creating it if need be. Every call blocks the event loop until it is done. */
export function openFileClient(file: { path: string; busyTimeoutMs: number }): DatabaseClient {
  const guarded = guardConnection(file);
  guarded.use(() => undefined); // a file that cannot be opened is told now, not at the first request
  let calls = 0;
  const use = async <Result>(work: (connection: Connection) => Result): Promise<Result> => {
    const result = guarded.use(work);
    calls += 1;
    if (calls % callsPerTask === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    return result;
  };
  const writes = groupWrites(guarded);
  return {
    execute: (statement) =>
      isWrite(statement.sql) ? writes.add((connection) => run(connection, statement)) : use((connection) => run(connection, statement)),
    batch: (statements, mode) => {
      const runAll = (connection: Connection) => statements.map((statement) => run(connection, statement));
      return mode === "write" ? writes.add(runAll) : use((connection) => inTransaction(connection, "BEGIN", () => runAll(connection)));
    },
    read: ({ sql, args }) =>
      use((connection) => {
        // Never `get`: on a statement that is used again libsql 0.5.29 answers some of them with the row of the query before.
        const rows: unknown[] = withPrepared(connection, sql, (statement) => statement.all(args.map(toSqlite)));
        return rows.map(toCells);
      }),
    version: () => guarded.version(),
    close: () => {
      writes.commit();
      guarded.close();
    },
  };
}

type Prepared = ReturnType<Connection["prepare"]>;

/** Statements kept for a connection: the program's own are some hundred, but lists make more of them. */
const mostPrepared = 300;
const preparedOf = new WeakMap<Connection, Map<string, Prepared>>();

/** Uses a statement that is prepared once for each connection: preparing takes longer than most of them run. */
function withPrepared<Result>(connection: Connection, sql: string, use: (statement: Prepared) => Result): Result {
  const kept = preparedOf.get(connection) ?? new Map<string, Prepared>();
  preparedOf.set(connection, kept);
  const statement = kept.get(sql) ?? prepare(connection, sql);
  // Taken out while in use, so that one which throws, and may hold on to its lock, is never used again; the latest used stands last.
  kept.delete(sql);
  const result = use(statement);
  kept.set(sql, statement);
  const [oldest] = kept.keys();
  if (kept.size > mostPrepared && oldest !== undefined) kept.delete(oldest);
  return result;
}

function prepare(connection: Connection, sql: string): Prepared {
  const statement = connection.prepare(sql).safeIntegers(true);
  return statement.reader ? statement.raw(true) : statement;
}

/** Whether a statement may change rows. `WITH` may begin either, so it counts as a write. */
function isWrite(sql: string): boolean {
  return /^\s*(?:insert|update|delete|replace|with)\b/i.test(sql);
}

function run(connection: Connection, { sql, args }: Statement): ResultSet {
  return withPrepared(connection, sql, (statement) => runPrepared(statement, { sql, args }));
}

function runPrepared(statement: Prepared, { sql, args }: Statement): ResultSet {
  const parameters = args.map(toSqlite);
  if (!statement.reader) {
    const { changes, lastInsertRowid } = statement.run(parameters);
    return resultSet([], [], [], changes, BigInt(lastInsertRowid));
  }
  const cells = statement.all(parameters);
  // Asked after the run, which is when SQLite notices that another process has changed the tables.
  const columns = statement.columns();
  const names = columns.map((column) => column.name);
  const rows = cells.map((row) => toRow(row, names));
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

function toCells(row: unknown): Cells {
  if (!Array.isArray(row)) throw new StoreError("store_failed", "The database answered with a row of another shape.");
  return row.map(fromSqlite);
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
