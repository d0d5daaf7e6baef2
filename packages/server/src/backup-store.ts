/**
 * Copying a database file.
 */
import { sql } from "drizzle-orm";
import { appendAudit } from "./audit-store.ts";
import type { Database } from "./database.ts";

/**
 * Writes a consistent copy into an empty file, of what was committed when it began: no writer waits for it, and the audit log tells of it.
 *
 * @throws {StoreError} where the copy cannot be written whole: what there is of it is to be removed.
 */
export async function copyDatabase(database: Database, path: string, now: Date): Promise<void> {
  await database.orm.run(sql.raw(`VACUUM INTO '${path.replaceAll("'", "''")}'`));
  await appendAudit(database, { at: now, outcome: "ok" });
}
