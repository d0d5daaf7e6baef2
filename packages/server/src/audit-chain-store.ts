/**
 * The two ends of the audit log's chain as a row, and the rows between them: sealed at one end, removed by retention at the other.
 * Every write names the end that it moves, so that two processes cannot both move it.
 */
import { and, asc, eq, gt, inArray, isNotNull, lte, sql } from "drizzle-orm";
import { type ChainEnd, emptyChain } from "./audit-chain.ts";
import type { AuditRow } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { databaseNow } from "./leases-store.ts";
import { audit, auditChain } from "./tables.ts";

/** Both ends with their proofs. */
export interface Chain {
  readonly head: ChainEnd;
  readonly headProof: string;
  readonly anchor: ChainEnd;
  readonly anchorProof: string;
}

/** Makes the row of an empty chain; false where there is one, or rows that were chained before, whose ends somebody has taken away. */
export async function beginChain(database: Database, proofs: { head: string; anchor: string }): Promise<boolean> {
  const { id, count, chain } = emptyChain;
  const made = await database.orm.all(sql`INSERT INTO ${auditChain}
    (id, head_id, head_count, head_chain, head_proof, anchor_id, anchor_count, anchor_chain, anchor_proof)
    SELECT 'main', ${id}, ${count}, ${chain}, ${proofs.head}, ${id}, ${count}, ${chain}, ${proofs.anchor}
    WHERE NOT EXISTS (SELECT 1 FROM ${audit} WHERE chain IS NOT NULL)
    ON CONFLICT DO NOTHING RETURNING id`);
  return made.length === 1;
}

export async function readChain(database: Database): Promise<Chain | null> {
  const [row] = await database.orm.select().from(auditChain);
  return row === undefined ? null : toChain(row);
}

/** Whether rows wait to be sealed; a read, so that idle processes write nothing. */
export async function hasUnsealed(database: Database): Promise<boolean> {
  const newest = sql<number>`coalesce((SELECT max(id) FROM ${audit}), 0)`;
  const rows = await database.orm.select({ newest, headId: auditChain.headId }).from(auditChain);
  return rows.length === 0 || rows.some((row) => row.newest > row.headId);
}

/**
 * Takes, or keeps, the sealer's lease, and with it the next rows to seal; null where another process has it.
 *
 * From here on nobody counts further reads into those rows.
 */
export async function takeUnsealed(
  database: Database,
  request: { owner: string; leaseMs: number; limit: number },
): Promise<{ chain: Chain; rows: AuditRow[] } | null> {
  const head = sql`(SELECT ${auditChain.headId} FROM ${auditChain})`;
  const [leased, , rows] = await database.orm.batch([
    database.orm
      .update(auditChain)
      .set({ leaseOwner: request.owner, leaseExpiresOnDatabaseClock: sql`${databaseNow} + ${request.leaseMs / 1000}` })
      .where(
        sql`${auditChain.leaseOwner} IS NULL OR ${auditChain.leaseOwner} = ${request.owner} OR ${auditChain.leaseExpiresOnDatabaseClock} < ${databaseNow}`,
      )
      .returning(),
    database.orm
      .update(audit)
      .set({ mergeKey: null })
      .where(and(isNotNull(audit.mergeKey), sql`EXISTS (SELECT 1 FROM ${auditChain} WHERE ${auditChain.leaseOwner} = ${request.owner})`)),
    database.orm
      .select()
      .from(audit)
      .where(sql`${audit.id} > ${head}`)
      .orderBy(asc(audit.id))
      .limit(request.limit),
  ]);
  const [row] = leased;
  return row === undefined ? null : { chain: toChain(row), rows };
}

/** Writes the values of rows and moves the head behind them, if it is still where it was; else nothing. */
export async function sealRows(
  database: Database,
  seal: { from: ChainEnd; to: ChainEnd; proof: string; values: readonly (readonly [id: number, chain: string])[] },
): Promise<void> {
  const isStillThere = sql`EXISTS (SELECT 1 FROM ${auditChain} WHERE ${auditChain.headId} = ${seal.from.id} AND ${auditChain.headChain} = ${seal.from.chain})`;
  await database.orm.batch([
    database.orm
      .run(sql`UPDATE ${audit} SET chain = json_extract(sealed.value, '$[1]') FROM json_each(${JSON.stringify(seal.values)}) AS sealed
      WHERE ${audit.id} = json_extract(sealed.value, '$[0]') AND ${isStillThere}`),
    database.orm
      .update(auditChain)
      .set({ headId: seal.to.id, headCount: seal.to.count, headChain: seal.to.chain, headProof: seal.proof })
      .where(and(eq(auditChain.headId, seal.from.id), eq(auditChain.headChain, seal.from.chain))),
  ]);
}

/** Gives the sealer's lease back. */
export async function returnSealing(database: Database, owner: string): Promise<void> {
  await database.orm
    .update(auditChain)
    .set({ leaseOwner: null, leaseExpiresOnDatabaseClock: null })
    .where(eq(auditChain.leaseOwner, owner));
}

/** A page of rows after an id, in the order of the chain. */
export async function listChained(database: Database, request: { after: number; upTo: number; limit: number }): Promise<AuditRow[]> {
  return database.orm
    .select()
    .from(audit)
    .where(and(gt(audit.id, request.after), lte(audit.id, request.upTo)))
    .orderBy(asc(audit.id))
    .limit(request.limit);
}

/** Rows after the head, and rows that stand before the anchor, where there should be none. */
export async function countOutside(database: Database, chain: Chain): Promise<{ unsealed: number; since: Date | null; before: number }> {
  const [row] = await database.orm.all<{ unsealed: number; since: number | null; before: number }>(
    sql`SELECT (SELECT count(*) FROM ${audit} WHERE id > ${chain.head.id}) AS unsealed,
      (SELECT at FROM ${audit} WHERE id > ${chain.head.id} ORDER BY id LIMIT 1) AS since,
      (SELECT count(*) FROM ${audit} WHERE id <= ${chain.anchor.id}) AS before`,
  );
  return { unsealed: row?.unsealed ?? 0, since: row?.since == null ? null : new Date(row.since), before: row?.before ?? 0 };
}

/** Removes rows at the beginning and moves the anchor behind them, if it is still where it was; else nothing. */
export async function removeChained(
  database: Database,
  removal: { from: ChainEnd; to: ChainEnd; proof: string; ids: readonly number[] },
): Promise<void> {
  const isStillThere = sql`EXISTS (SELECT 1 FROM ${auditChain} WHERE ${auditChain.anchorId} = ${removal.from.id} AND ${auditChain.anchorChain} = ${removal.from.chain})`;
  await database.orm.batch([
    database.orm.delete(audit).where(and(inArray(audit.id, [...removal.ids]), isStillThere)),
    database.orm
      .update(auditChain)
      .set({ anchorId: removal.to.id, anchorCount: removal.to.count, anchorChain: removal.to.chain, anchorProof: removal.proof })
      .where(and(eq(auditChain.anchorId, removal.from.id), eq(auditChain.anchorChain, removal.from.chain))),
  ]);
}

function toChain(row: typeof auditChain.$inferSelect): Chain {
  return {
    head: { id: row.headId, count: row.headCount, chain: row.headChain },
    headProof: row.headProof,
    anchor: { id: row.anchorId, count: row.anchorCount, chain: row.anchorChain },
    anchorProof: row.anchorProof,
  };
}
