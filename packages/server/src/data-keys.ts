/**
 * The ring of data keys: rows of `data_keys`, each 32 random bytes wrapped by a key-encryption key, and the keys derived from them.
 *
 * Processes share the ring through the database: each adds a key only where the newest is still the one it saw, and reads the ring again
 * when it meets an id that it does not know.
 */
import { type KeyObject, createSecretKey, hkdfSync, randomBytes } from "node:crypto";
import { type DataKeyRow, addDataKey, countSeals, listDataKeys } from "./data-keys-store.ts";
import type { Database } from "./database.ts";
import { EncryptionKeysError, type KeyEncryptionKey } from "./key-encryption-key.ts";
import type { Place } from "./places.ts";
import { VaultError } from "./vault-error.ts";

/** What a key is derived for: a kind of secret, or telling two values apart without showing them. */
export type KeyPurpose = Place["purpose"] | "fingerprint";

export interface DataKey {
  /** 16 lower-case hex digits. */
  readonly id: string;
  /** HKDF-SHA256 (RFC 5869) of the data key, 32 bytes: one key for each purpose. */
  keyFor(purpose: KeyPurpose): KeyObject;
}

export interface DataKeyRing {
  /** What new secrets are sealed with: the newest key that opens here. Counts one seal. */
  sealingKey(): DataKey;
  /** The oldest key that opens here. */
  oldestKey(): DataKey;
  /** @throws {VaultError} `key_unavailable`, with the id of the key-encryption key where that is what is missing. */
  keyOf(id: string): DataKey;
  /** Reads the ring again, unless that was begun less than a second ago; callers at the same time share one reading. */
  reloadIfDue(): Promise<void>;
  /** Reports seals made, reads the ring again, and adds a key where the newest is older than 30 days or has sealed 2^30 times. */
  maintain(): Promise<void>;
}

const keyBytes = 32;
const idBytes = 8;
const lifetimeMs = 30 * 86_400_000;
/** A quarter of what random IVs allow (SP 800-38D §8.3), since a process that dies takes its unreported seals with it. */
const maxSeals = 2 ** 30;
const reloadPauseMs = 1_000;

/**
 * Loads the ring, making its first key where there is none.
 *
 * @throws {VaultError} `key_unavailable` where no data key opens with the key-encryption keys at hand.
 * @throws {EncryptionKeysError} where there are none.
 */
export async function openDataKeyRing(parts: {
  database: Database;
  keyEncryptionKeys: readonly KeyEncryptionKey[];
  now: () => Date;
}): Promise<DataKeyRing> {
  const { database, keyEncryptionKeys, now } = parts;
  const [wrappingKey] = keyEncryptionKeys;
  if (wrappingKey === undefined)
    throw new EncryptionKeysError("The vault needs at least one key-encryption key; `evergrant keys generate` makes one.");
  let rows: readonly DataKeyRow[] = [];
  let opened = new Map<string, DataKey>();
  let reloading: Promise<void> | undefined;
  let reloadedAt = Number.NEGATIVE_INFINITY;
  const unreportedSeals = new Map<string, number>();

  const reload = async () => {
    reloadedAt = now().getTime();
    const read = await listDataKeys(database);
    // A key that is open stays open, so a KMS that is away for a while takes nothing with it.
    const keys = await Promise.all(read.map(async (row) => opened.get(row.id) ?? unwrap(row, keyEncryptionKeys)));
    rows = read;
    opened = new Map(keys.flatMap((key) => (key === null ? [] : [[key.id, key]])));
  };
  const reloadOnce = () => (reloading ??= reload().finally(() => (reloading = undefined)));

  const addKey = async () => {
    const newest = rows.at(-1);
    const bytes = randomBytes(keyBytes);
    const id = randomBytes(idBytes).toString("hex");
    // Later than the newest, even where this process's clock is behind the one that made it.
    const createdAt = new Date(Math.max(now().getTime(), (newest?.createdAt.getTime() ?? 0) + 1));
    const wrapped = await wrappingKey.wrap(bytes, contextOf(id));
    bytes.fill(0);
    await addDataKey(database, { id, keyEncryptionKeyId: wrappingKey.id, wrapped, createdAt }, newest?.id ?? null);
    await reload();
    if (rows.at(-1)?.id === newest?.id) throw new VaultError("key_unavailable", "A new data key could not be stored.");
  };

  const reportSeals = async () => {
    for (const [id, seals] of unreportedSeals) {
      await countSeals(database, id, seals);
      // Taken off after the write: where its answer was lost some are counted twice, which errs on the safe side.
      const since = (unreportedSeals.get(id) ?? 0) - seals;
      if (since > 0) unreportedSeals.set(id, since);
      else unreportedSeals.delete(id);
    }
  };

  await reload();
  if (rows.length === 0) await addKey();
  if (opened.size === 0) throw unavailable(rows[0]);

  return {
    sealingKey() {
      const key = opened.get(rows.findLast((row) => opened.has(row.id))?.id ?? "");
      if (key === undefined) throw unavailable(rows.at(-1));
      unreportedSeals.set(key.id, (unreportedSeals.get(key.id) ?? 0) + 1);
      return key;
    },
    oldestKey() {
      const [oldest] = opened.values();
      if (oldest === undefined) throw unavailable(rows[0]);
      return oldest;
    },
    keyOf(id) {
      const key = opened.get(id);
      if (key === undefined) throw unavailable(rows.find((row) => row.id === id));
      return key;
    },
    async reloadIfDue() {
      if (reloading !== undefined || Math.abs(now().getTime() - reloadedAt) >= reloadPauseMs) await reloadOnce();
    },
    async maintain() {
      await reportSeals();
      await reloadOnce();
      const newest = rows.at(-1);
      const spent = newest === undefined || now().getTime() - newest.createdAt.getTime() >= lifetimeMs || newest.sealCount >= maxSeals;
      if (spent) await addKey();
    },
  };
}

/** Null where the key-encryption key is missing, or does not open it: that is told when the key is asked for. */
async function unwrap(row: DataKeyRow, keyEncryptionKeys: readonly KeyEncryptionKey[]): Promise<DataKey | null> {
  const keyEncryptionKey = keyEncryptionKeys.find((key) => key.id === row.keyEncryptionKeyId);
  if (keyEncryptionKey === undefined) return null;
  try {
    const bytes = await keyEncryptionKey.unwrap(row.wrapped, contextOf(row.id));
    if (bytes.length !== keyBytes) return null;
    const secret = createSecretKey(bytes);
    bytes.fill(0);
    return dataKey(row.id, secret);
  } catch {
    return null;
  }
}

function dataKey(id: string, secret: KeyObject): DataKey {
  const derived = new Map<KeyPurpose, KeyObject>();
  return {
    id,
    keyFor(purpose) {
      const known = derived.get(purpose);
      if (known !== undefined) return known;
      const bytes = new Uint8Array(hkdfSync("sha256", secret, "", `evergrant/1/${purpose}`, keyBytes));
      const key = createSecretKey(bytes);
      bytes.fill(0);
      derived.set(purpose, key);
      return key;
    },
  };
}

/** What a wrapped data key is bound to: its own row. */
function contextOf(id: string): string {
  return `evergrant/1/data_keys/${id}`;
}

function unavailable(row: DataKeyRow | undefined): VaultError {
  if (row === undefined) return new VaultError("key_unavailable", "The data key is unknown here.");
  return new VaultError(
    "key_unavailable",
    `The data key cannot be unwrapped: key-encryption key "${row.keyEncryptionKeyId}" is missing, out of reach, or another key under the same id.`,
  );
}
