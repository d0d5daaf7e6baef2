/**
 * Rotating and retiring data keys. A rotation adds a key and seals every row anew with it, while everything else goes on; a key that no
 * row names any more can be retired.
 */
import type { KeysRetireResult, NewKey } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { linkLifetimeMs } from "./connect-link.ts";
import { readKeysStatus } from "./keys-status.ts";
import { deleteUnusedDataKey } from "./sealed-columns-store.ts";
import { pause } from "./single-flight.ts";

type Parts = Pick<Authority, "database" | "vault">;

/**
 * Adds a data key for all rows, or goes on with a rotation that has not reached them all, and waits until it seals: about two seconds.
 * `resealRows` does the rest.
 *
 * `newKey` is `always` to add one even though a rotation is under way, for one that meets rows which do not open; `never` for the newest
 * key to have all rows, whatever it was made for.
 *
 * @throws {KeyServiceError} where the key-encryption key is out of reach.
 */
export async function beginRotation(
  { database, vault }: Parts,
  { newKey }: { newKey: NewKey },
): Promise<{ readonly dataKeyId: string; readonly added: boolean }> {
  const { dataKeys, remainingRows } = await readKeysStatus({ database, vault });
  const current = dataKeys.find((key) => key.current);
  const goesOn = newKey === "never" || (newKey === "unless_rotating" && remainingRows > 0);
  const { id: dataKeyId, added } = current !== undefined && goesOn ? { id: current.id, added: false } : await vault.ring.addForRotation();
  // On the vault's clock, which may be handed in; a real pause passes for it, or the clock has moved meanwhile.
  await pause(vault.ring.untilSettledMs());
  return { dataKeyId, added };
}

/**
 * Removes a data key for good, unless something may still need it. Refusal and removal are one statement, so no row can come in between.
 *
 * @param request.endLinks Do not wait for the connect links that it may have sealed; they are dead from then on.
 */
export async function retireDataKey(
  { database, vault, now }: Parts & Pick<Authority, "now">,
  request: { id: string; endLinks: boolean },
): Promise<KeysRetireResult> {
  const successorBefore = request.endLinks ? null : new Date(now().getTime() - linkLifetimeMs);
  const retired = await deleteUnusedDataKey(database, request.id, { successorBefore, at: now() });
  if (retired) {
    await vault.ring.reload();
    return { retired, refusal: null, rows: [], linksUntil: null };
  }
  const { dataKeys, columns } = await readKeysStatus({ database, vault });
  const key = dataKeys.find(({ id }) => id === request.id);
  const rows = columns
    .filter(({ dataKeyId }) => dataKeyId === request.id)
    .map(({ table, column, rows: count }) => ({ table, column, rows: count }));
  const refusal =
    key === undefined ? "unknown" : key.madeFor === "digest" ? "digest" : key.current ? "current" : rows.length > 0 ? "rows" : "links";
  return { retired, refusal, rows, linksUntil: key?.linksUntil ?? null };
}
