/**
 * Which deployment a database belongs to, as a row: written by the first server that opens it, and by whoever adopts it.
 */
import { eq } from "drizzle-orm";
import { appendAuditIfChanged } from "./audit-store.ts";
import type { Database } from "./database.ts";
import { randomId } from "./digests.ts";
import { deployment } from "./tables.ts";

type DeploymentRow = typeof deployment.$inferSelect;

/** The row; made for `publicUrl` where there is none. */
export async function readDeployment(database: Database, publicUrl: string, now: Date): Promise<DeploymentRow | null> {
  const row = await findDeployment(database);
  if (row !== null) return row;
  await database.orm.insert(deployment).values({ id: "main", name: randomId(), publicUrl, createdAt: now }).onConflictDoNothing();
  return findDeployment(database);
}

/** The row, or null where no server has opened the database yet. */
export async function findDeployment(database: Database): Promise<DeploymentRow | null> {
  const [row] = await database.orm.select().from(deployment);
  return row ?? null;
}

/** Gives the database to the deployment at `publicUrl`, under a new name. */
export async function adoptDeployment(database: Database, publicUrl: string, now: Date): Promise<void> {
  await readDeployment(database, publicUrl, now);
  await database.orm.batch([
    database.orm.update(deployment).set({ publicUrl, name: randomId(), adoptedAt: now }).where(eq(deployment.id, "main")),
    appendAuditIfChanged(database, { at: now, outcome: "ok", details: { publicUrl } }),
  ]);
}
