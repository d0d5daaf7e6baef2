/**
 * The door to the database, a libSQL file or server: every statement goes through here, with its deadline, its retries and clean errors.
 *
 * Interactive transactions are refused, since they freeze the event loop or fail; a batch is all or nothing. Retried is only what cannot
 * have been written: a busy database, a server that was never reached, a lost answer to a read.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Client, InArgs, InStatement, InValue } from "@libsql/client";
import {
  DrizzleQueryError,
  type ExtractTablesWithRelations,
  createTableRelationsHelpers,
  extractTablesRelationalConfig,
} from "drizzle-orm";
import { LibSQLDatabase } from "drizzle-orm/libsql/driver-core";
import { LibSQLSession } from "drizzle-orm/libsql/session";
import { type PreparedQueryConfig, SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { type Cells, type DatabaseClient, type Statement, openFileClient } from "./file-client.ts";
import { openRemoteClient } from "./remote-client.ts";
import { StoreError, judgeFailure } from "./store-error.ts";
import * as tables from "./tables.ts";

export interface Database {
  /** Typed queries. `orm.batch([…])` is one write transaction and commits whole or not at all; `orm.transaction` is refused. */
  readonly orm: LibSQLDatabase<typeof tables>;
  /** Runs one query that changes nothing, built beforehand (`hot-query.ts`); rows are cells in the order of its columns. */
  read(query: Statement): Promise<readonly Cells[]>;
  /** Another number after each commit, by this process or another; null where that cannot be told without a query. */
  version(): number | null;
  /** Where it lives: a file of this machine, this process's memory, or a server. */
  readonly kind: "file" | "memory" | "server";
  close(): void;
}

export interface DatabaseSettings {
  /** `file:<path>`, `file::memory:`, `libsql://…`, `https://…` or `http://…`. */
  readonly url: string;
  readonly authToken?: string | undefined;
  /** Until when a busy or unreachable database is tried again, without blocking; 5,000 ms unless told. */
  readonly busyDeadlineMs?: number;
  /** How long SQLite itself waits for a lock of another process; blocks this whole process meanwhile. 20 ms unless told. */
  readonly busyTimeoutMs?: number;
  /** How long one request to a server may take; 5,000 ms unless told. */
  readonly requestTimeoutMs?: number;
}

/**
 * Opens a database: a file is created with its folder if need be, a server is not spoken to yet.
 *
 * Every failure of `orm` is a {@link StoreError} without bound parameters. After `store_outcome_unknown` read the row again: the
 * write may have landed.
 *
 * @throws {StoreError} `database_url_invalid`; `store_unavailable` where a file cannot be opened.
 * @example
 * const database = await openDatabase({ url: "file:.evergrant/evergrant.db" });
 * await migrate(database);
 */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const { busyDeadlineMs = 5_000, busyTimeoutMs = 20, requestTimeoutMs = 5_000 } = settings;
  const place = placeOf(settings.url);
  const attempt = attempts({ remote: place.kind === "server", busyDeadlineMs });
  const client = await attempt(false, async () =>
    place.kind === "server"
      ? openRemoteClient({ url: settings.url, authToken: settings.authToken, requestTimeoutMs })
      : openFile(place.path, busyTimeoutMs),
  );
  const door = doorTo(client, attempt);
  return {
    orm: ormOver(door),
    read: (query) =>
      attempt(false, async () => {
        if (door.closed) throw closed();
        return client.read(bind(query));
      }),
    version: () => (door.closed ? null : client.version()),
    kind: place.kind,
    close: () => door.close(),
  };
}

type Place = { readonly kind: "server" } | { readonly kind: "file" | "memory"; readonly path: string };

function placeOf(url: string): Place {
  if (/^(?:libsql|https?):\/\/./i.test(url) && URL.canParse(url)) return { kind: "server" };
  if (url === "file::memory:" || url === ":memory:") return { kind: "memory", path: ":memory:" };
  const path = decoded(/^file:(?:\/\/(?:localhost)?(?=\/))?([^?#]+)$/i.exec(url)?.[1] ?? "");
  if (path === "") {
    // The URL is not repeated: it may carry a token.
    throw new StoreError("database_url_invalid", "The database URL must be file:<path>, libsql://<host>, https://<host> or http://<host>.");
  }
  return { kind: "file", path };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return ""; // a `%` that encodes nothing
  }
}

function openFile(path: string, busyTimeoutMs: number): DatabaseClient {
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch {
    throw new StoreError("store_unavailable", `The folder of the database file ${path} cannot be made.`);
  }
  return openFileClient({ path, busyTimeoutMs });
}

type Attempt = <Result>(writes: boolean, work: () => Promise<Result>) => Promise<Result>;

function attempts({ remote, busyDeadlineMs }: { remote: boolean; busyDeadlineMs: number }): Attempt {
  return async (writes, work) => {
    const deadline = performance.now() + busyDeadlineMs;
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (thrown) {
        const { error, again } = judgeFailure(thrown, { remote, writes });
        // Half of it is chance, so that two processes do not meet again at the same moment.
        const pauseMs = Math.min(100, 5 * 2 ** tries) * (0.5 + Math.random() / 2);
        const mayGoOn = again === "while_busy" || (again === "briefly" && tries < 3);
        if (!mayGoOn || performance.now() + pauseMs > deadline) throw error;
        await pause(pauseMs);
      }
    }
  };
}

/** The client that Drizzle speaks to: nothing reaches the database by another way. */
function doorTo(client: DatabaseClient, attempt: Attempt): Client {
  let isClosed = false;
  const run = <Result>(writes: boolean, work: () => Promise<Result>) =>
    attempt(writes, () => {
      if (isClosed) throw closed();
      return work();
    });
  const refuse = async () => {
    throw new StoreError(
      "transaction_refused",
      "Interactive transactions freeze the event loop here: use orm.batch([…]) with a guard as its first statement.",
    );
  };
  return {
    execute: async (statement: InStatement, args?: InArgs) => {
      const bound = bind(typeof statement === "string" ? { sql: statement, args: args ?? [] } : statement);
      return run(!isRead(bound), () => client.execute(bound));
    },
    batch: async (statements) => {
      const bound = statements.map((statement) =>
        bind(Array.isArray(statement) ? { sql: statement[0], args: statement[1] ?? [] } : statement),
      );
      const writes = !bound.every(isRead);
      return run(writes, () => client.batch(bound, writes ? "write" : "read"));
    },
    transaction: refuse,
    migrate: refuse,
    executeMultiple: refuse,
    sync: refuse,
    reconnect: () => undefined,
    close() {
      isClosed = true;
      client.close();
    },
    get closed() {
      return isClosed;
    },
    protocol: "evergrant",
  };
}

function closed(): StoreError {
  return new StoreError("store_unavailable", "The database is closed.");
}

function isRead({ sql }: Statement): boolean {
  return /^\s*select\b/i.test(sql);
}

function bind(statement: InStatement): Statement {
  const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
  if (!Array.isArray(args)) throw new StoreError("store_failed", "Parameters are bound in order here, not by name.");
  // A JavaScript number would be bound as REAL: 5 / 2 would be 2.5, and 5 in a text column "5.0".
  return { sql, args: args.map((value) => (typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : whole(value))) };
}

/** Refuses a text that would be kept whole and read back cut short: SQLite's readers take it to end at a NUL. */
function whole(value: InValue): InValue {
  if (typeof value === "string" && value.includes("\0")) throw new StoreError("store_failed", "A parameter is text with a NUL in it.");
  return value;
}

function ormOver(client: Client): LibSQLDatabase<typeof tables> {
  const { tables: schema, tableNamesMap } = extractTablesRelationalConfig<Schema>(tables, createTableRelationsHelpers);
  const config = { fullSchema: tables, schema, tableNamesMap };
  const dialect = new SQLiteAsyncDialect();
  return new LibSQLDatabase("async", dialect, new CleanSession(client, dialect, config, {}, undefined), config);
}

type Schema = ExtractTablesWithRelations<typeof tables>;

/** Drizzle's session without `DrizzleQueryError`, whose message prints every bound parameter. */
class CleanSession extends LibSQLSession<typeof tables, Schema> {
  override prepareQuery<T extends Omit<PreparedQueryConfig, "run">>(
    ...parameters: Parameters<LibSQLSession<typeof tables, Schema>["prepareQuery"]>
  ) {
    const query = super.prepareQuery<T>(...parameters);
    query.run = clean(query.run.bind(query));
    query.all = clean(query.all.bind(query));
    query.get = clean(query.get.bind(query));
    query.values = clean(query.values.bind(query));
    return query;
  }
}

function clean<Arguments extends unknown[], Result>(
  query: (...parameters: Arguments) => Promise<Result>,
): (...parameters: Arguments) => Promise<Result> {
  return async (...parameters) => {
    try {
      return await query(...parameters);
    } catch (error) {
      if (!(error instanceof DrizzleQueryError)) throw error;
      if (error.cause instanceof StoreError) throw error.cause;
      throw new StoreError("store_failed", "The query failed before it reached the database.");
    }
  };
}
