/**
 * The ring of data keys: rows of `data_keys`, opened by the key-encryption keys at hand.
 *
 * Processes share the ring through the database: each adds a key only where the newest is still the one it saw, and reads the ring again
 * when it meets an id that it does not know. None seals with a key that others cannot find yet: see `settleMs`.
 */
import { type Closed, type DataKey, makeDataKey, unwrapDataKey, wrapAnew } from "./data-key.ts";
import { type DataKeyRow, addDataKey, addDigestKey, countSeals, listDataKeys, rewrapDataKey } from "./data-keys-store.ts";
import type { Database } from "./database.ts";
import { EncryptionKeysError, type KeyEncryptionKey, type KeyEncryptionKeys } from "./key-encryption-key.ts";
import { KeyServiceError, VaultError } from "./vault-error.ts";

export interface DataKeyRing {
  /** What new secrets are sealed with: the newest key that opens here and has settled. Counts one seal. */
  sealingKey(): DataKey;
  /** The key behind digests: it seals nothing, and outlives the others. */
  digestKey(): DataKey;
  /** @throws {VaultError} `key_unavailable`, saying what is the matter with its key-encryption key. */
  keyOf(id: string): DataKey;
  /** As the database had them at the last reading, oldest first; `closed` says why a key does not open here, null where it does. */
  list(): readonly (Omit<DataKeyRow, "wrapped"> & { readonly closed: Closed | null })[];
  /** Reads the ring again, unless that was begun less than a second ago; callers at the same time share one reading. */
  reloadIfDue(): Promise<void>;
  /** Reads the ring as it is from now on. */
  reload(): Promise<void>;
  /** Reports seals made, reads the ring again, and adds a key where the newest is older than 30 days or has sealed 2^30 times. */
  maintain(): Promise<void>;
  /** Adds a key that all rows are to come under, unless another process was first; `untilSettledMs` says when it seals. */
  addForRotation(): Promise<{ readonly id: string; readonly added: boolean }>;
  /** How long until the newest key seals here, in milliseconds; 0 where it does. */
  untilSettledMs(): number;
  /** Wraps keys anew with the first key-encryption key: those of the others, or all of them. Rows are not touched. */
  rewrap(which: "others" | "all"): Promise<{ readonly rewrapped: string[]; readonly closed: string[] }>;
}

const lifetimeMs = 30 * 86_400_000;
/** A quarter of what random IVs allow (SP 800-38D §8.3), since a process that dies takes its unreported seals with it. */
const maxSeals = 2 ** 30;
const reloadPauseMs = 1_000;
/**
 * How old a key is before it seals. Longer than `reloadPauseMs`: whoever then meets it unknown may read the ring again at once, or has
 * read it since the key was added, so no read fails because a key is new.
 */
const settleMs = 2_000;
/** How long a key-encryption key that was out of reach is not asked again for a data key: from, and growing to. */
const retryFromMs = 1_000;
const retryToMs = 15_000;

/**
 * Loads the ring, making its first keys where there are none.
 *
 * @throws {VaultError} `key_unavailable` where no data key opens with the key-encryption keys at hand, unless one of them is merely out
 * of reach: then the ring is empty until it is back.
 * @throws {EncryptionKeysError} where there are none, or one cannot be used as it is.
 */
export async function openDataKeyRing(parts: {
  database: Database;
  keyEncryptionKeys: KeyEncryptionKeys;
  now: () => Date;
}): Promise<DataKeyRing> {
  const { database, now } = parts;
  let keyEncryptionKeys: readonly KeyEncryptionKey[] = [];
  let rows: readonly DataKeyRow[] = [];
  const opened = new Map<string, DataKey>();
  const closed = new Map<string, Closed & { readonly retryAt: number; readonly pauseMs: number }>();
  /** Since when this process could have sealed with a key, on its own clock. */
  const seenAt = new Map<string, number>();
  let reloading: Promise<void> | undefined;
  let reloadedAt = Number.NEGATIVE_INFINITY;
  const unreportedSeals = new Map<string, number>();
  const nowMs = () => now().getTime();

  const open = async (row: DataKeyRow): Promise<void> => {
    const before = closed.get(row.id);
    if (before?.why === "out_of_reach" && Math.abs(nowMs() - before.retryAt + before.pauseMs) < before.pauseMs) return;
    const result = await unwrapDataKey(row, keyEncryptionKeys);
    if ("why" in result) {
      const pauseMs = Math.min((before?.pauseMs ?? retryFromMs / 2) * 2, retryToMs);
      closed.set(row.id, { ...result, pauseMs, retryAt: nowMs() + pauseMs });
    } else {
      opened.set(row.id, result);
      closed.delete(row.id);
    }
  };
  const readRing = async (): Promise<void> => {
    reloadedAt = nowMs();
    keyEncryptionKeys = await currentKeyEncryptionKeys(parts.keyEncryptionKeys, keyEncryptionKeys);
    const read = await listDataKeys(database);
    for (const { id, createdAt } of read) if (!seenAt.has(id)) seenAt.set(id, rows.length === 0 ? createdAt.getTime() : nowMs());
    // A key that is open stays open, so a KMS that is away for a while takes nothing with it.
    await Promise.all(read.filter(({ id }) => !opened.has(id)).map(open));
    rows = read;
    for (const id of opened.keys()) if (rows.every((row) => row.id !== id)) opened.delete(id);
  };
  const sharedReload = () => (reloading ??= readRing().finally(() => (reloading = undefined)));
  const reload = async () => {
    // A reading under way may have begun too early.
    await reloading?.catch(() => undefined);
    await sharedReload();
  };

  const newest = () => rows.findLast(seals);
  const untilSettledMs = (id: string) => Math.max(0, settleMs - Math.abs(nowMs() - (seenAt.get(id) ?? nowMs())));
  const keyOf = (id: string): DataKey => {
    const key = opened.get(id);
    if (key === undefined) throw unavailable(id, closed.get(id));
    return key;
  };
  const wrappingKey = (): KeyEncryptionKey => {
    const [first] = keyEncryptionKeys;
    if (first === undefined)
      throw new EncryptionKeysError("The vault needs at least one key-encryption key; `evergrant keys generate` makes one.");
    return first;
  };

  const addKey = async (madeFor: "sealing" | "rotation") => {
    const before = newest();
    // Later than the newest, even where this process's clock is behind the one that made it.
    const createdAt = new Date(Math.max(nowMs(), (before?.createdAt.getTime() ?? 0) + 1));
    const key = await makeDataKey(wrappingKey(), madeFor, createdAt);
    await addDataKey(database, key, before?.id ?? null);
    await reload();
    const after = newest();
    if (after === undefined || after.id === before?.id) throw new VaultError("key_unavailable", "A new data key could not be stored.");
    return { id: after.id, added: after.id === key.id };
  };
  const makeFirstKeys = async () => {
    if (newest() === undefined) await addKey("sealing");
    if (rows.every(seals)) {
      await addDigestKey(database, await makeDataKey(wrappingKey(), "digest", now()));
      await reload();
    }
  };
  const reportSeals = async () => {
    for (const [id, count] of unreportedSeals) {
      await countSeals(database, id, count);
      // Taken off after the write: where its answer was lost some are counted twice, which errs on the safe side.
      const since = (unreportedSeals.get(id) ?? 0) - count;
      if (since > 0) unreportedSeals.set(id, since);
      else unreportedSeals.delete(id);
    }
  };

  await reload();
  wrappingKey();
  const first = rows.find(seals);
  const isHopeless = rows.every((row) => !seals(row) || closed.get(row.id)?.why === "missing" || closed.get(row.id)?.why === "refused");
  if (first !== undefined && isHopeless) throw unavailable(first.id, closed.get(first.id));
  await makeFirstKeys().catch((error: unknown) => {
    if (!(error instanceof KeyServiceError)) throw error;
  });

  return {
    sealingKey() {
      const candidates = rows.filter((row) => seals(row) && opened.has(row.id));
      const chosen = candidates.findLast(({ id }) => untilSettledMs(id) === 0) ?? candidates.at(-1) ?? newest();
      const key = keyOf(chosen?.id ?? "");
      unreportedSeals.set(key.id, (unreportedSeals.get(key.id) ?? 0) + 1);
      return key;
    },
    digestKey: () => keyOf(rows.find((row) => !seals(row))?.id ?? ""),
    keyOf,
    list: () => rows.map(({ wrapped: _wrapped, ...row }) => ({ ...row, closed: opened.has(row.id) ? null : (closed.get(row.id) ?? null) })),
    async reloadIfDue() {
      if (reloading !== undefined || Math.abs(nowMs() - reloadedAt) >= reloadPauseMs) await sharedReload();
    },
    reload,
    async maintain() {
      await reportSeals();
      await reload();
      await makeFirstKeys();
      const current = newest();
      if (current === undefined) return;
      if (current.sealCount >= maxSeals || nowMs() - current.createdAt.getTime() >= lifetimeMs) await addKey("sealing");
    },
    addForRotation: () => addKey("rotation"),
    untilSettledMs: () => untilSettledMs(newest()?.id ?? ""),
    async rewrap(which) {
      await reload();
      const to = wrappingKey();
      const done = { rewrapped: [] as string[], closed: [] as string[] };
      for (const row of rows.filter(({ keyEncryptionKeyId }) => which === "all" || keyEncryptionKeyId !== to.id)) {
        const wrapping = await wrapAnew(row, keyEncryptionKeys, to);
        if (wrapping === null) done.closed.push(row.id);
        else if (await rewrapDataKey(database, row.id, row.wrapped, { ...wrapping, at: now() })) done.rewrapped.push(row.id);
      }
      await reload();
      return done;
    },
  };
}

/** The key-encryption keys as they are now; where they cannot be had, as they were. */
async function currentKeyEncryptionKeys(
  keys: KeyEncryptionKeys,
  before: readonly KeyEncryptionKey[],
): Promise<readonly KeyEncryptionKey[]> {
  if (typeof keys !== "function") return keys;
  try {
    return await keys();
  } catch (error) {
    if (before.length === 0) throw error;
    return before;
  }
}

function seals({ madeFor }: DataKeyRow): boolean {
  return madeFor !== "digest";
}

function unavailable(id: string, closed: Closed | undefined): VaultError {
  if (closed === undefined) return new VaultError("key_unavailable", "The data key is unknown here.");
  return new VaultError("key_unavailable", `Data key ${id} does not open: ${closed.message}.`, closed.why === "out_of_reach");
}
