/**
 * The audit log as rows: a change's row is a statement of the change's own batch, so that both stand or fall together; reads come in
 * pages. Subjects are keyed hashes here.
 */
import type { AuditEntry, AuditFilter } from "@evergrant/schema";
import { type SQL, and, asc, desc, eq, getTableColumns, gt, gte, lt, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { type Act, type Concern, currentAct } from "./acting.ts";
import type { Database } from "./database.ts";
import type { NewEvent } from "./events-store.ts";
import { audit, connections } from "./tables.ts";
import type { Vault } from "./vault.ts";

export type AuditRow = typeof audit.$inferSelect;

/** What came of an act, for its row. */
export interface Outcome extends Concern {
  readonly at: Date;
  readonly outcome: string;
  readonly details?: AuditRow["details"];
}

const hashes = new WeakMap<Database, (subject: string) => string>();

/** Lets the subjects of a database be hashed with its vault: once for each, before anything with a subject is audited. */
export function hashSubjectsOf(database: Database, vault: Pick<Vault, "authenticate">): void {
  hashes.set(database, (subject) => vault.authenticate(subject, "audit_subject"));
}

/** The keyed hash by which the audit log knows a subject. */
function subjectHashOf(database: Database, subject: string): string {
  const hash = hashes.get(database);
  if (hash === undefined) throw new TypeError("the audit log of this database has not been opened");
  return hash(subject);
}

/** The statement that writes the row of a change: put it into the change's batch. */
export function appendAudit(database: Database, outcome: Outcome) {
  return insertRow(database, outcome, sql`TRUE`);
}

/** As `appendAudit`, for a batch without a guard: put it right behind the write that may find nothing, and it does nothing then either. */
export function appendAuditIfChanged(database: Database, outcome: Outcome) {
  return insertRow(database, outcome, sql`changes() > 0`);
}

function insertRow(database: Database, outcome: Outcome, condition: SQL) {
  const act = currentAct();
  act.isWritten = true;
  const { integrationId, subject, connectionId } = { ...act.about, ...outcome };
  const at = outcome.at.getTime();
  const subjectHash = typeof subject === "string" ? subjectHashOf(database, subject) : null;
  return database.orm.run(sql`INSERT INTO ${audit}
    (at, last_at, count, action, outcome, actor_kind, actor_id, subject_hash, integration_id, connection_id, address, request_id, details)
    SELECT ${at}, ${at}, 1, ${act.action}, ${outcome.outcome}, ${act.actor.kind}, ${act.actor.id}, ${subjectHash},
      ${integrationId ?? null}, ${connectionId ?? null}, ${act.address}, ${act.requestId}, ${JSON.stringify(outcome.details ?? {})}
    WHERE ${condition}`);
}

/** The statement that writes the row of a change that has an event: put it into the batch of both. */
export function auditEvent(database: Database, event: Omit<NewEvent, "generation">) {
  const { at, type, integrationId, subject, connectionId, details = {} } = event;
  return appendAudit(database, { at, outcome: type.slice(type.indexOf(".") + 1), integrationId, subject, connectionId, details });
}

/** Reads of one kind, counted in memory. */
export interface CountedReads {
  readonly act: Pick<Act, "actor" | "action" | "address" | "requestId">;
  readonly concern: Concern;
  readonly outcome: string;
  readonly at: Date;
  lastAt: Date;
  count: number;
  /** Rows with the same one are counted together, by whatever process; null: a row of its own. */
  readonly mergeKey: string | null;
}

/** Appends reads, adding to the row of the same kind where that is not sealed yet. */
export async function appendReads(database: Database, reads: readonly CountedReads[]): Promise<void> {
  const rows = reads.map(({ act, concern, outcome, at, lastAt, count, mergeKey }) => [
    at.getTime(),
    lastAt.getTime(),
    count,
    act.action,
    outcome,
    act.actor.kind,
    act.actor.id,
    typeof concern.subject === "string" ? subjectHashOf(database, concern.subject) : null,
    concern.integrationId ?? null,
    concern.connectionId ?? null,
    act.address,
    act.requestId,
    mergeKey,
  ]);
  const column = (index: number) => sql.raw(`json_extract(value, '$[${index}]')`);
  const columns = sql.join(
    Array.from({ length: 13 }, (_none, index) => column(index)),
    sql`, `,
  );
  await database.orm.run(sql`INSERT INTO ${audit}
    (at, last_at, count, action, outcome, actor_kind, actor_id, subject_hash, integration_id, connection_id, address, request_id, merge_key, details)
    SELECT ${columns}, '{}' FROM json_each(${JSON.stringify(rows)}) WHERE TRUE
    ON CONFLICT (merge_key) DO UPDATE SET count = ${audit}.count + excluded.count, last_at = max(${audit}.last_at, excluded.last_at)`);
}

/** Entries that pass a filter: newest first before a cursor, or oldest first after one. */
export async function listAudit(
  database: Database,
  filter: AuditFilter & { limit: number } & ({ before?: number | undefined } | { after: number }),
): Promise<AuditEntry[]> {
  const ascending = "after" in filter;
  const equals = (column: SQLiteColumn, value: string | undefined) => (value === undefined ? undefined : eq(column, value));
  const rows = await database.orm
    .select({ ...getTableColumns(audit), subject: connections.subject })
    .from(audit)
    .leftJoin(connections, eq(connections.id, audit.connectionId))
    .where(
      and(
        ascending ? gt(audit.id, filter.after) : filter.before === undefined ? undefined : lt(audit.id, filter.before),
        equals(audit.actorId, filter.actorId),
        equals(audit.actorKind, filter.actorKind),
        equals(audit.connectionId, filter.connectionId),
        equals(audit.integrationId, filter.integration),
        equals(audit.action, filter.action),
        filter.subject === undefined ? undefined : eq(audit.subjectHash, subjectHashOf(database, filter.subject)),
        filter.since === undefined ? undefined : gte(audit.at, new Date(filter.since)),
        filter.until === undefined ? undefined : lt(audit.at, new Date(filter.until)),
      ),
    )
    .orderBy(ascending ? asc(audit.id) : desc(audit.id))
    .limit(filter.limit);
  return rows.map(toEntry);
}

function toEntry(row: AuditRow & { readonly subject: string | null }): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    lastAt: row.lastAt.toISOString(),
    count: row.count,
    action: row.action,
    outcome: row.outcome,
    actor: { kind: row.actorKind, id: row.actorId },
    subject: row.subject,
    subjectHash: row.subjectHash,
    integration: row.integrationId,
    connectionId: row.connectionId,
    address: row.address,
    requestId: row.requestId,
    details: row.details,
    sealed: row.chain !== null,
  };
}
