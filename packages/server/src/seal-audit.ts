/**
 * The sealer: chains what others have written into the audit log, seconds later and one process at a time, so that no change ever waits
 * for the end of the chain.
 */
import type { Authority } from "./authority.ts";
import { type ChainEnd, emptyChain, extendChain, proofOf } from "./audit-chain.ts";
import { beginChain, hasUnsealed, readChain, returnSealing, sealRows, takeUnsealed } from "./audit-chain-store.ts";
import { randomId } from "./digests.ts";

/** Longer than a page takes; whoever dies with it keeps the others waiting for no longer. */
const leaseMs = 3_000;
const page = 500;

/**
 * Seals what is not sealed, page after page.
 *
 * Two sealers that both believe to have the lease harm nothing: they compute the same values, and a page is written only where the head
 * still is where it was read.
 *
 * @returns how many rows this process sealed.
 */
export async function sealAudit(authority: Pick<Authority, "database" | "vault" | "log">): Promise<number> {
  const { database, vault, log } = authority;
  if (!(await hasUnsealed(database))) return 0;
  if ((await readChain(database)) === null) {
    const proofs = { head: proofOf(vault, "head", emptyChain), anchor: proofOf(vault, "anchor", emptyChain) };
    if (!(await beginChain(database, proofs)) && (await readChain(database)) === null) {
      log.error({}, "the ends of the audit log's chain are missing: nothing more is sealed; `evergrant audit verify` says more");
      return 0;
    }
  }
  const owner = randomId();
  let sealed = 0;
  for (;;) {
    const taken = await takeUnsealed(database, { owner, leaseMs, limit: page });
    if (taken === null) return sealed;
    let end: ChainEnd = taken.chain.head;
    const values = taken.rows.map((row) => {
      end = extendChain(vault, end, row);
      return [row.id, end.chain] as const;
    });
    if (values.length > 0) await sealRows(database, { from: taken.chain.head, to: end, proof: proofOf(vault, "head", end), values });
    sealed += values.length;
    if (values.length < page) break;
  }
  await returnSealing(database, owner);
  return sealed;
}
