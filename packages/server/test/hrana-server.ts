/**
 * A test double of libSQL's server: Hrana 2 over HTTP as JSON, over a database file or memory, with faults on request.
 *
 * It is not libSQL's server: a stream lives for one request, as the client's single statements and batches need it, and there are no
 * replicas, timeouts or namespaces. Error codes are those that sqld sends: SQLite's base codes, where a file gives extended ones.
 *
 * @see https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_2_SPEC.md
 */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import Libsql from "libsql";

export interface HranaServer extends AsyncDisposable {
  readonly url: string;
  /** Pipelines that reached the server, refused ones included. */
  readonly requests: number;
  /** What goes wrong from now on; counts go down as they are used up. */
  readonly faults: HranaFaults;
  close(): Promise<void>;
}

export interface HranaFaults {
  /** Before anything is run. */
  delayMs: number;
  /** How many requests are run in full and then cut off instead of answered. */
  dropAnswers: number;
  /** How many requests are answered with this status, perhaps with a `location`, and not run. */
  answerStatus: { status: number; times: number; location?: string };
  /** How many statements fail with SQLITE_BUSY before they do anything. */
  busyStatements: number;
  /** Whether every write fails with SQLITE_READONLY. */
  refuseWrites: boolean;
}

/**
 * Starts the double on a free port of 127.0.0.1.
 *
 * @param settings.file A path; left out, memory.
 * @param settings.authToken Left out, nobody is asked for one.
 * @example await using server = await startHranaServer({ authToken: "letmein" });
 */
export async function startHranaServer(settings: { file?: string; authToken?: string } = {}): Promise<HranaServer> {
  const connection = new Libsql(settings.file ?? ":memory:", { timeout: 1_000 });
  if (settings.file !== undefined) connection.exec("PRAGMA journal_mode = WAL");
  const faults: HranaFaults = {
    delayMs: 0,
    dropAnswers: 0,
    answerStatus: { status: 503, times: 0 },
    busyStatements: 0,
    refuseWrites: false,
  };
  let requests = 0;

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => answer(response, 500, { message: String(error) }));
  });
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    if (request.method !== "POST" || request.url !== "/v2/pipeline") return answer(response, 404, { message: "there is nothing here" });
    requests += 1;
    if (settings.authToken !== undefined && request.headers.authorization !== `Bearer ${settings.authToken}`) {
      return answer(response, 401, { message: "Unauthorized", code: "AUTH_JWT_INVALID" });
    }
    if (faults.delayMs > 0) await pause(faults.delayMs);
    if (faults.answerStatus.times > 0) {
      faults.answerStatus.times -= 1;
      if (faults.answerStatus.location !== undefined) response.setHeader("location", faults.answerStatus.location);
      return answer(response, faults.answerStatus.status, { message: "as the test asked" });
    }
    const body: { baton?: string; requests: StreamRequest[] } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (body.baton !== undefined) return answer(response, 404, { message: "The stream has expired", code: "STREAM_EXPIRED" });
    const results = runPipeline(connection, body.requests, faults);
    if (faults.dropAnswers > 0) {
      faults.dropAnswers -= 1;
      response.destroy();
      return;
    }
    return answer(response, 200, { baton: null, base_url: null, results });
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (connection.open) connection.close();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    get requests() {
      return requests;
    },
    faults,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type WireValue =
  | { type: "null" }
  | { type: "integer"; value: string }
  | { type: "float"; value: number }
  | { type: "text"; value: string }
  | { type: "blob"; base64: string };
interface WireStatement {
  sql?: string;
  sql_id?: number;
  args?: WireValue[];
}
type Condition = { type: "ok" | "error"; step: number } | { type: "not"; cond: Condition } | { type: "and" | "or"; conds: Condition[] };
type StreamRequest =
  | { type: "execute"; stmt: WireStatement }
  | { type: "batch"; batch: { steps: { stmt: WireStatement; condition?: Condition }[] } }
  | { type: "store_sql"; sql_id: number; sql: string }
  | { type: "close" | "close_sql" };
interface Stream {
  readonly connection: InstanceType<typeof Libsql>;
  readonly storedSql: Map<number, string>;
  readonly faults: HranaFaults;
}

function runPipeline(connection: Stream["connection"], requests: readonly StreamRequest[], faults: HranaFaults): unknown[] {
  const stream: Stream = { connection, storedSql: new Map(), faults };
  const results = requests.map((request) => {
    try {
      return { type: "ok", response: respond(stream, request) };
    } catch (error) {
      return { type: "error", error: toWireError(error) };
    }
  });
  // What a stream leaves open ends with it.
  if (connection.inTransaction) connection.exec("ROLLBACK");
  return results;
}

function respond(stream: Stream, request: StreamRequest): unknown {
  if (request.type === "execute") return { type: "execute", result: execute(stream, request.stmt) };
  if (request.type === "batch") return { type: "batch", result: runBatch(stream, request.batch.steps) };
  if (request.type === "store_sql") stream.storedSql.set(request.sql_id, request.sql);
  return { type: request.type };
}

function runBatch(stream: Stream, steps: readonly { stmt: WireStatement; condition?: Condition }[]) {
  const outcomes: ("ok" | "error" | "skipped")[] = [];
  const holds = (condition: Condition): boolean => {
    if ("step" in condition) return outcomes[condition.step] === condition.type;
    if ("cond" in condition) return !holds(condition.cond);
    return condition.type === "and" ? condition.conds.every(holds) : condition.conds.some(holds);
  };
  const answers = steps.map(({ stmt, condition }) => {
    if (condition !== undefined && !holds(condition)) {
      outcomes.push("skipped");
      return { result: null, error: null };
    }
    try {
      const result = execute(stream, stmt);
      outcomes.push("ok");
      return { result, error: null };
    } catch (error) {
      outcomes.push("error");
      return { result: null, error: toWireError(error) };
    }
  });
  return { step_results: answers.map((step) => step.result), step_errors: answers.map((step) => step.error) };
}

function execute({ connection, storedSql, faults }: Stream, wire: WireStatement) {
  const sql = wire.sql ?? storedSql.get(wire.sql_id ?? -1);
  if (sql === undefined) throw new Libsql.SqliteError("SQL text not found", "SQL_NOT_FOUND");
  if (faults.busyStatements > 0) {
    faults.busyStatements -= 1;
    throw new Libsql.SqliteError("database is locked", "SQLITE_BUSY");
  }
  const changesRows = /^\s*(insert|update|delete|replace|create|with)\b/i.test(sql);
  if (faults.refuseWrites && changesRows) throw new Libsql.SqliteError("attempt to write a readonly database", "SQLITE_READONLY");
  const statement = connection.prepare(sql);
  statement.safeIntegers(true);
  const parameters = (wire.args ?? []).map(fromWire);
  if (!statement.reader) {
    const { changes, lastInsertRowid } = statement.run(parameters);
    return { cols: [], rows: [], affected_row_count: changes, last_insert_rowid: String(lastInsertRowid) };
  }
  statement.raw(true);
  const cols = statement.columns().map((column) => ({ name: column.name, decltype: column.type }));
  const rows = statement.all(parameters).map((cells) => (Array.isArray(cells) ? cells.map(toWire) : []));
  return { cols, rows, affected_row_count: changesRows ? rows.length : 0, last_insert_rowid: null };
}

function toWireError(error: unknown): { message: string; code: string } {
  if (!(error instanceof Libsql.SqliteError)) return { message: String(error), code: "UNKNOWN" };
  const base = /^SQLITE_[A-Z]+/.exec(error.code)?.[0] ?? error.code;
  return { message: `SQLite error: ${error.message}`, code: base };
}

function fromWire(value: WireValue): unknown {
  if (value.type === "null") return null;
  if (value.type === "integer") return BigInt(value.value);
  return value.type === "blob" ? Buffer.from(value.base64, "base64") : value.value;
}

function toWire(cell: unknown): WireValue {
  if (typeof cell === "bigint") return { type: "integer", value: String(cell) };
  if (typeof cell === "number") return { type: "float", value: cell };
  if (typeof cell === "string") return { type: "text", value: cell };
  return cell instanceof Uint8Array ? { type: "blob", base64: Buffer.from(cell).toString("base64") } : { type: "null" };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
