/**
 * Exporting the audit log: all that passes a filter, in pages, however much it is. The export is itself audited.
 */
import type { AuditEntry, AuditFilter } from "@evergrant/schema";
import { appendAudit, hashSubjectsOf, listAudit } from "./audit-store.ts";
import type { Database } from "./database.ts";
import type { Vault } from "./vault.ts";

const page = 500;

/** Entries that pass a filter, oldest first. */
export async function* exportAudit(
  { database, vault, now }: { database: Database; vault: Vault; now: () => Date },
  filter: AuditFilter,
): AsyncGenerator<AuditEntry, void> {
  hashSubjectsOf(database, vault);
  await appendAudit(database, { at: now(), outcome: "ok", subject: filter.subject, connectionId: filter.connectionId });
  for (let after = 0; ;) {
    const entries = await listAudit(database, { ...filter, after, limit: page });
    yield* entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < page) return;
    after = last.id;
  }
}
