/**
 * Whether this server may act on what its database holds. A copy of a database, opened under another public URL, must not spend the
 * refresh tokens that the original lives on, nor revoke them, nor tell its webhooks: until somebody adopts it (design 3.5).
 */
import type { Database } from "./database.ts";
import { readDeployment } from "./deployment-store.ts";

export interface Deployment {
  /** The public URL that the database belongs to, where that is another; null where it is ours. Read anew every few seconds. */
  foreignUrl(): Promise<string | null>;
}

/** How long an answer holds: an adoption is noticed after as much. */
const knownForMs = 1_000;

/** Reads the deployment row, making it where there is none. */
export async function openDeployment(parts: { database: Database; publicUrl: string; now: () => Date }): Promise<Deployment> {
  const { database, publicUrl, now } = parts;
  let known = { url: await ownerUrl(), at: performance.now() };
  async function ownerUrl(): Promise<string> {
    return (await readDeployment(database, publicUrl, now()))?.publicUrl ?? publicUrl;
  }
  return {
    async foreignUrl() {
      if (performance.now() - known.at > knownForMs) {
        // While the database does not answer, what it said last still holds.
        const url = await ownerUrl().catch(() => known.url);
        known = { url, at: performance.now() };
      }
      return known.url === publicUrl ? null : known.url;
    },
  };
}
