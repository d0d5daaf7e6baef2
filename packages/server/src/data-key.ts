/**
 * One data key: how it is wrapped and unwrapped, why it may not open here, and the keys that are derived from it.
 */
import { type KeyObject, createSecretKey, randomBytes } from "node:crypto";
import type { DataKeyReason } from "@evergrant/schema";
import type { DataKeyRow, NewDataKey } from "./data-keys-store.ts";
import { deriveKey } from "./hkdf.ts";
import { EncryptionKeysError, type KeyEncryptionKey } from "./key-encryption-key.ts";
import type { Place } from "./places.ts";
import { KeyServiceError, VaultError } from "./vault-error.ts";

/** What a key is derived for: a kind of secret, or telling two values apart without showing them. */
export type KeyPurpose = Place["purpose"] | DigestPurpose;

/** What is authenticated or told apart without being sealed. */
export type DigestPurpose = "fingerprint" | "audit_chain" | "audit_subject";

export interface DataKey {
  /** 16 lower-case hex digits. */
  readonly id: string;
  /** HKDF-SHA256 (RFC 5869) of the data key, 32 bytes: one key for each purpose. */
  keyFor(purpose: KeyPurpose): KeyObject;
}

/** Why a data key does not open here. Out of reach passes by itself, and so does not keep a server from starting. */
export interface Closed {
  readonly why: "missing" | "refused" | "out_of_reach";
  readonly message: string;
}

const keyBytes = 32;
const idBytes = 8;
const noSalt = new Uint8Array();

/**
 * Makes a data key, wrapped.
 *
 * @throws {KeyServiceError} where the key-encryption key is out of reach.
 * @throws {VaultError} `key_unavailable` where it refuses.
 */
export async function makeDataKey(wrappingKey: KeyEncryptionKey, madeFor: DataKeyReason, createdAt: Date): Promise<NewDataKey> {
  const bytes = randomBytes(keyBytes);
  const id = randomBytes(idBytes).toString("hex");
  return { id, madeFor, createdAt, ...(await wrapBytes(wrappingKey, id, bytes)) };
}

/**
 * The same data key as a row holds, wrapped by another key-encryption key; null where it does not open.
 *
 * @throws as `makeDataKey`.
 */
export async function wrapAnew(
  row: DataKeyRow,
  keyEncryptionKeys: readonly KeyEncryptionKey[],
  wrappingKey: KeyEncryptionKey,
): Promise<Pick<DataKeyRow, "wrapped" | "keyEncryptionKeyId"> | null> {
  const bytes = await unwrapBytes(row, keyEncryptionKeys);
  return "why" in bytes ? null : wrapBytes(wrappingKey, row.id, bytes);
}

/**
 * Opens a data key, or says why it stays closed.
 *
 * @throws {EncryptionKeysError} where a key-encryption key cannot be used as it is set up: nobody should wait for that to pass.
 */
export async function unwrapDataKey(row: DataKeyRow, keyEncryptionKeys: readonly KeyEncryptionKey[]): Promise<DataKey | Closed> {
  const bytes = await unwrapBytes(row, keyEncryptionKeys);
  if ("why" in bytes) return bytes;
  const secret = createSecretKey(bytes);
  bytes.fill(0);
  return dataKey(row.id, secret);
}

async function wrapBytes(wrappingKey: KeyEncryptionKey, id: string, bytes: Uint8Array) {
  try {
    return { wrapped: await wrappingKey.wrap(bytes, contextOf(id)), keyEncryptionKeyId: wrappingKey.id };
  } catch (error) {
    throw isJudged(error) ? error : new KeyServiceError(`Key-encryption key "${wrappingKey.id}" is out of reach.`);
  } finally {
    bytes.fill(0);
  }
}

async function unwrapBytes(row: DataKeyRow, keyEncryptionKeys: readonly KeyEncryptionKey[]): Promise<Uint8Array | Closed> {
  const named = `key-encryption key "${row.keyEncryptionKeyId}"`;
  const keyEncryptionKey = keyEncryptionKeys.find(({ id }) => id === row.keyEncryptionKeyId);
  if (keyEncryptionKey === undefined) return { why: "missing", message: `${named} is not among those at hand` };
  try {
    const bytes = await keyEncryptionKey.unwrap(row.wrapped, contextOf(row.id));
    if (bytes.length === keyBytes) return bytes;
    return { why: "refused", message: `${named} gave ${bytes.length} bytes in its place` };
  } catch (error) {
    if (error instanceof EncryptionKeysError) throw error;
    if (error instanceof VaultError) return { why: "refused", message: error.message };
    return { why: "out_of_reach", message: error instanceof KeyServiceError ? error.message : `${named} is out of reach` };
  }
}

/** Whether somebody has said what is wrong, in words that may be shown. What else a KMS of an embedder throws counts as out of reach. */
function isJudged(error: unknown): boolean {
  return error instanceof VaultError || error instanceof EncryptionKeysError || error instanceof KeyServiceError;
}

function dataKey(id: string, secret: KeyObject): DataKey {
  const derived = new Map<KeyPurpose, KeyObject>();
  return {
    id,
    keyFor(purpose) {
      const known = derived.get(purpose);
      if (known !== undefined) return known;
      const key = deriveKey(secret, { salt: noSalt, info: Buffer.from(`evergrant/1/${purpose}`, "utf8"), lengthBytes: keyBytes });
      derived.set(purpose, key);
      return key;
    },
  };
}

/** What a wrapped data key is bound to: its own row. */
function contextOf(id: string): string {
  return `evergrant/1/data_keys/${id}`;
}
