/**
 * Authorization requests as rows: one for each opening of a connect link, used up by the first response that its own browser brings.
 */
import { and, desc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { authorizationRequests } from "./tables.ts";
import type { Ciphertext } from "./vault.ts";

export type AuthorizationRequestRow = typeof authorizationRequests.$inferSelect;

/** More than anybody has tabs open; of a subject's flows at one integration the newest are kept. */
const mostOfSubject = 20;

/**
 * Stores a request, and drops those that ended long ago, and the oldest of its subject's where there are too many: whoever holds a link
 * can open it as often as they like.
 */
export async function insertAuthorizationRequest(
  database: Database,
  row: typeof authorizationRequests.$inferInsert,
  now: Date,
): Promise<void> {
  // Kept for an hour past their end, so that a late or repeated callback can be told why it came to nothing.
  const longAgo = new Date(now.getTime() - 3_600_000);
  const { integrationId, subject } = row;
  const tooOld = database.orm
    .select({ stateHash: authorizationRequests.stateHash })
    .from(authorizationRequests)
    .where(and(eq(authorizationRequests.subject, subject), eq(authorizationRequests.integrationId, integrationId)))
    .orderBy(desc(authorizationRequests.expiresAt), sql`rowid DESC`)
    // SQLite has no OFFSET without a LIMIT.
    .limit(Number.MAX_SAFE_INTEGER)
    .offset(mostOfSubject);
  await database.orm.batch([
    database.orm.insert(authorizationRequests).values(row),
    database.orm.delete(authorizationRequests).where(lt(authorizationRequests.expiresAt, longAgo)),
    database.orm.delete(authorizationRequests).where(inArray(authorizationRequests.stateHash, tooOld)),
  ]);
}

export async function findAuthorizationRequest(database: Database, stateHash: string): Promise<AuthorizationRequestRow | null> {
  const rows = await database.orm.select().from(authorizationRequests).where(eq(authorizationRequests.stateHash, stateHash));
  return rows[0] ?? null;
}

/** Keeps a response that came as a form post, once; false where there is no such open request. */
export async function keepResponse(database: Database, stateHash: string, response: Ciphertext): Promise<boolean> {
  const kept = await database.orm
    .update(authorizationRequests)
    .set({ response })
    .where(
      and(eq(authorizationRequests.stateHash, stateHash), isNull(authorizationRequests.consumedAt), isNull(authorizationRequests.response)),
    )
    .returning({ stateHash: authorizationRequests.stateHash });
  return kept.length === 1;
}

/** Uses a request up; false where somebody else did so first, or it has expired. */
export async function consumeAuthorizationRequest(database: Database, stateHash: string, now: Date): Promise<boolean> {
  const consumed = await database.orm
    .update(authorizationRequests)
    // The verifier and the kept response have served: nothing needs them any more.
    .set({ consumedAt: now, codeVerifier: null, response: null })
    .where(
      and(
        eq(authorizationRequests.stateHash, stateHash),
        isNull(authorizationRequests.consumedAt),
        sql`${authorizationRequests.expiresAt} > ${now.getTime()}`,
      ),
    )
    .returning({ stateHash: authorizationRequests.stateHash });
  return consumed.length === 1;
}
