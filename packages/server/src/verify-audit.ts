/**
 * Following the audit log's chain from end to end: whether a sealed row was altered, removed, inserted or moved, and what is not sealed yet.
 *
 * It notices what somebody did who can write to the database and has no key. Who has an older copy of the database, too, can put back
 * its ends and cut the log off there: only a head that was kept elsewhere shows that.
 */
import type { AuditVerdict } from "@evergrant/schema";
import { type ChainEnd, emptyChain, extendChain, proofOf } from "./audit-chain.ts";
import { type Chain, countOutside, listChained, readChain } from "./audit-chain-store.ts";
import type { Authority } from "./authority.ts";

const page = 1_000;

/**
 * Follows the chain, in pages.
 *
 * @param expected A head of before: the chain must still run through it. Left out, none is asked for.
 */
export async function verifyAudit(
  authority: Pick<Authority, "database" | "vault">,
  expected?: AuditVerdict["head"],
): Promise<AuditVerdict> {
  const { database } = authority;
  for (;;) {
    const chain = await readChain(database);
    if (chain === null) return withoutChain(authority);
    const followed = await follow(authority, chain, expected);
    // Where retention has moved the anchor meanwhile, rows are rightly gone.
    if (followed.firstBreak !== null && (await readChain(database))?.anchor.id !== chain.anchor.id) continue;
    const { unsealed, since, before } = await countOutside(database, chain);
    const strays = before === 0 ? null : { entryId: null, message: "rows stand before the beginning of the chain" };
    const firstBreak = followed.firstBreak ?? strays;
    const { count, chain: value } = chain.head;
    return {
      ok: firstBreak === null,
      verified: followed.verified,
      firstBreak,
      unsealed: { count: unsealed, since: since?.toISOString() ?? null },
      head: { count, chain: value },
    };
  }
}

async function follow(
  { database, vault }: Pick<Authority, "database" | "vault">,
  chain: Chain,
  expected: AuditVerdict["head"] | undefined,
): Promise<Pick<AuditVerdict, "verified" | "firstBreak">> {
  const broken = (entryId: number | null, message: string) => ({ verified, firstBreak: { entryId, message } });
  let end: ChainEnd = chain.anchor;
  let verified = 0;
  let expectedSeen = expected === undefined || expected.count < chain.anchor.count || isAt(end, expected);
  if (proofOf(vault, "anchor", chain.anchor) !== chain.anchorProof) return broken(null, "the beginning of the chain was altered");
  if (proofOf(vault, "head", chain.head) !== chain.headProof) return broken(null, "the end of the chain was altered");
  for (;;) {
    const rows = await listChained(database, { after: end.id, upTo: chain.head.id, limit: page });
    for (const row of rows) {
      const next = extendChain(vault, end, row);
      if (next.chain !== row.chain)
        return broken(row.id, "this row was altered or inserted, or one between it and the row before was removed or moved");
      end = next;
      verified += 1;
      expectedSeen ||= isAt(end, expected);
    }
    if (rows.length < page) break;
  }
  if (end.count !== chain.head.count || end.chain !== chain.head.chain) return broken(null, "rows at the end were removed");
  if (!expectedSeen) return broken(null, "the chain does not run through the head that was expected: it was cut off, or made anew");
  return { verified, firstBreak: null };
}

function isAt(end: ChainEnd, expected: AuditVerdict["head"] | undefined): boolean {
  return expected !== undefined && end.count === expected.count && end.chain === expected.chain;
}

/** No ends: an audit log of which nothing was sealed yet, or one whose ends somebody has taken away. */
async function withoutChain({ database }: Pick<Authority, "database">): Promise<AuditVerdict> {
  const nothing = { head: emptyChain, headProof: "", anchor: emptyChain, anchorProof: "" };
  const [first] = await listChained(database, { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 1 });
  const { unsealed, since } = await countOutside(database, nothing);
  const isMissing = first !== undefined && first.chain !== null;
  return {
    ok: !isMissing,
    verified: 0,
    firstBreak: isMissing ? { entryId: null, message: "both ends of the chain are missing" } : null,
    unsealed: { count: unsealed, since: since?.toISOString() ?? null },
    head: { count: 0, chain: emptyChain.chain },
  };
}
