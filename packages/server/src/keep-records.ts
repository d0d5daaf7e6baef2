/**
 * Keeping records: reads are appended, the audit log is sealed, and what has been kept for long enough is removed. Any number of processes do it
 * side by side.
 */
import type { Authority } from "./authority.ts";
import { type ChainEnd, extendChain, proofOf } from "./audit-chain.ts";
import { listChained, readChain, removeChained } from "./audit-chain-store.ts";
import type { Database } from "./database.ts";
import { goOnForgetting } from "./forget-subject.ts";
import {
  type OldRows,
  hasOldAudit,
  removeAuthorizationRequests,
  removeDeliveries,
  removeEvents,
  removeExcessAuthorizationRequests,
  removeSessions,
  removeUnconfirmedGrants,
} from "./retention-store.ts";
import { sealAudit } from "./seal-audit.ts";

/** How many rows of the audit log were sealed, and how many rows of each kind removed. */
export interface RecordsKept {
  readonly sealed: number;
  readonly removed: {
    readonly audit: number;
    readonly events: number;
    readonly deliveries: number;
    readonly authorizationRequests: number;
    readonly sessions: number;
    readonly unconfirmedGrants: number;
  };
}

const dayMs = 86_400_000;
const page = 500;
/** As many as a flood of links may leave behind; the oldest are the likeliest to be abandoned. */
const mostAuthorizationRequests = 100_000;
/** Between two looks for old rows in one process, unless there were more than a round could take. */
const lookEveryMs = 60_000;
const lookedAt = new WeakMap<Authority, number>();

/**
 * Appends what was noted, seals it, goes on with subjects that are to be forgotten, and removes what is old.
 *
 * @param request.deadlineMs After this long no further page is begun.
 */
export async function keepRecords(authority: Authority, request: { deadlineMs: number }): Promise<RecordsKept> {
  const end = performance.now() + request.deadlineMs;
  await authority.audit.flush();
  const sealed = await sealAudit(authority);
  const { database, retention } = authority;
  const now = authority.now().getTime();
  const nothing = { audit: 0, events: 0, deliveries: 0, authorizationRequests: 0, sessions: 0, unconfirmedGrants: 0 };
  if (now - (lookedAt.get(authority) ?? 0) < lookEveryMs) return { sealed, removed: nothing };
  const inPages = async (days: number, remove: (database: Database, rows: OldRows) => Promise<number>): Promise<number> => {
    const before = new Date(now - days * dayMs);
    for (let removed = 0; ;) {
      const more = await remove(database, { before, limit: page });
      removed += more;
      if (more < page || performance.now() > end) return removed;
    }
  };
  await goOnForgetting(authority, page);
  const removed = {
    audit: await inPages(retention.auditDays, (_database, rows) => removeAudit(authority, rows)),
    // Before the events, which are kept for as long as a delivery has need of them.
    deliveries: await inPages(retention.deliveriesDays, removeDeliveries),
    events: await inPages(retention.eventsDays, removeEvents),
    authorizationRequests:
      (await inPages(retention.expiredDays, removeAuthorizationRequests)) +
      (await inPages(0, (_database, { limit }) => removeExcessAuthorizationRequests(database, { keep: mostAuthorizationRequests, limit }))),
    sessions: await inPages(retention.expiredDays, removeSessions),
    unconfirmedGrants: await inPages(retention.expiredDays, removeUnconfirmedGrants),
  };
  if (performance.now() <= end) lookedAt.set(authority, now);
  return { sealed, removed };
}

/** Removes sealed rows at the beginning of the audit log, and moves the anchor of its chain behind them. */
async function removeAudit({ database, vault, log }: Authority, { before, limit }: OldRows): Promise<number> {
  if (!(await hasOldAudit(database, before))) return 0;
  const chain = await readChain(database);
  if (chain === null) return 0;
  if (proofOf(vault, "anchor", chain.anchor) !== chain.anchorProof) {
    // To move it would hide what somebody has done to it.
    log.error({}, "the beginning of the audit log's chain was altered: nothing is removed; `evergrant audit verify` says more");
    return 0;
  }
  const rows = await listChained(database, { after: chain.anchor.id, upTo: chain.head.id, limit });
  let end: ChainEnd = chain.anchor;
  const ids: number[] = [];
  for (const row of rows) {
    const next = extendChain(vault, end, row);
    // Rows that do not fit stay where `verify` finds them.
    if (row.lastAt >= before || next.chain !== row.chain) break;
    end = next;
    ids.push(row.id);
  }
  if (ids.length > 0) await removeChained(database, { from: chain.anchor, to: end, proof: proofOf(vault, "anchor", end), ids });
  return ids.length;
}
