/**
 * Gates around what an app is handed: the database's write batches and the way to the provider. They let a process be stopped at a
 * step, answer a write with an error, and note what was done.
 */
import { createHash } from "node:crypto";
import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { Database } from "../../src/database.ts";
import type { GuardedFetch } from "../../src/guarded-fetch.ts";
import { StoreError } from "../../src/store-error.ts";
import type { Entry, Gate, Write, WriteFault } from "./messages.ts";

interface Surroundings {
  /** Resolves at once, or when the gate at this step is opened. */
  readonly pass: (step: Gate) => Promise<void>;
  readonly note: (entry: Entry) => void;
  /** The machine's own clock, whatever this process believes. */
  readonly realMs: () => number;
}

/** The same database, whose batches for a refresh go through gates. */
export function gatedDatabase(
  database: Database,
  { pass, note, realMs, writeFault }: Surroundings & { writeFault: WriteFault | null },
): Database {
  let faultsLeft = writeFault?.times ?? 0;
  const spoil = (write: Write | null, how: WriteFault["how"]): void => {
    if (write === null || write !== writeFault?.write || writeFault.how !== how || faultsLeft === 0) return;
    faultsLeft -= 1;
    throw new StoreError("store_outcome_unknown", `The torture answers this write with an error (${how}).`);
  };
  const batch = async (queries: readonly unknown[]): Promise<unknown> => {
    const write = writeOf(queries);
    if (write === "lease") await pass("before lease");
    spoil(write, "refused");
    const result: unknown = await Reflect.apply(database.orm.batch, database.orm, [queries]);
    const lease = write === "lease" ? leaseIn(result) : null;
    if (lease !== null) note({ atMs: realMs(), what: "leased", ...lease });
    if (write === "commit") note({ atMs: realMs(), what: "stored" });
    if (write !== "lease" || lease !== null) spoil(write, "landed");
    if (lease !== null) await pass("leased");
    if (write === "commit") await pass("committed");
    return result;
  };
  const orm = new Proxy(database.orm, { get: (target, key) => (key === "batch" ? batch : Reflect.get(target, key, target)) });
  return { ...database, orm };
}

/** The same way out, with gates before a refresh token grant is sent and after its answer is in hand. */
export function gatedFetch(fetch: GuardedFetch, { pass, note, realMs, worldMs }: Surroundings & { worldMs: () => number }): GuardedFetch {
  return async (url, init) => {
    const form = new URLSearchParams(init.body);
    const presented = form.get("grant_type") === "refresh_token" ? form.get("refresh_token") : null;
    if (presented === null) return fetch(url, init);
    const refreshToken = fingerprintOf(presented);
    await pass("before send");
    note({ atMs: realMs(), what: "sent", refreshToken });
    // The note leaves before the request does, so that whoever holds the request knows whose it is.
    await yieldToOthers();
    try {
      const response = await fetch(url, init);
      const atMs = realMs();
      noteTokens(await response.clone().text(), worldMs(), (entry) => note({ atMs, ...entry }));
      note({ atMs, what: "answered", refreshToken, status: response.status });
      await pass("answered");
      return response;
    } catch (error) {
      note({ atMs: realMs(), what: "answered", refreshToken, status: null });
      throw error;
    }
  };
}

/** SHA-256 in hex: as the sandbox names a token. */
export function fingerprintOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function noteTokens(
  body: string,
  nowMs: number,
  note: (entry: { what: "issued"; accessToken: string; goodUntilMs: number | null }) => void,
): void {
  const tokens: unknown = body.startsWith("{") ? JSON.parse(body) : null;
  if (typeof tokens !== "object" || tokens === null || !("access_token" in tokens)) return;
  const goodUntilMs = "expires_in" in tokens ? nowMs + Number(tokens.expires_in) * 1000 : null;
  note({ what: "issued", accessToken: fingerprintOf(String(tokens.access_token)), goodUntilMs });
}

/** Which write a batch is, by its statements. */
function writeOf(queries: readonly unknown[]): Write | null {
  const statements = queries.map(statementOf);
  if (statements.some((statement) => /^update "refresh_schedule" set .*"lease_epoch" = /.test(statement))) return "lease";
  if (!statements[0]?.startsWith('insert into "events"')) return null;
  return statements.some((statement) => statement.startsWith('insert into "access_tokens"')) ? "commit" : "outcome";
}

function statementOf(query: unknown): string {
  if (typeof query !== "object" || query === null || !("toSQL" in query) || typeof query.toSQL !== "function") return "";
  const built: unknown = query.toSQL();
  return typeof built === "object" && built !== null && "sql" in built ? String(built.sql) : "";
}

/** Whose lease a lease batch took: its second statement returns the row, or none. */
function leaseIn(result: unknown): { connectionId: string; generation: number } | null {
  const row: unknown = Array.isArray(result) && Array.isArray(result[1]) ? result[1][0] : null;
  if (typeof row !== "object" || row === null || !("connectionId" in row) || !("generation" in row)) return null;
  return { connectionId: String(row.connectionId), generation: Number(row.generation) };
}
