/**
 * The chain of the audit log, as another program could follow it: each sealed row's value is HMAC-SHA256, in hex, of the JSON array
 * `[value before, id, at, last_at, count, action, outcome, actor_kind, actor_id, subject_hash, integration_id, connection_id, address,
 * request_id, details]`, and each end has a proof, the same of `["head" or "anchor", id, count, value]`. Its first value is 64 zeros.
 */
import type { AuditRow } from "./audit-store.ts";
import type { Vault } from "./vault.ts";

/** One end of the chain: the last row that it covers, how many it covers, and that row's value. */
export interface ChainEnd {
  readonly id: number;
  readonly count: number;
  readonly chain: string;
}

/** Where every chain begins. */
export const emptyChain: ChainEnd = { id: 0, count: 0, chain: "0".repeat(64) };

/** The chain with one row more. */
export function extendChain(vault: Pick<Vault, "authenticate">, end: ChainEnd, row: AuditRow): ChainEnd {
  const covered = [
    end.chain,
    row.id,
    row.at.getTime(),
    row.lastAt.getTime(),
    row.count,
    row.action,
    row.outcome,
    row.actorKind,
    row.actorId,
    row.subjectHash,
    row.integrationId,
    row.connectionId,
    row.address,
    row.requestId,
    row.details,
  ];
  return { id: row.id, count: end.count + 1, chain: vault.authenticate(JSON.stringify(covered), "audit_chain") };
}

/** What shows that an end was written by somebody with the key. */
export function proofOf(vault: Pick<Vault, "authenticate">, which: "head" | "anchor", { id, count, chain }: ChainEnd): string {
  return vault.authenticate(JSON.stringify([which, id, count, chain]), "audit_chain");
}
