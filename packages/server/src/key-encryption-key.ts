/**
 * Key-encryption keys: they wrap the data keys that seal secrets, and never a secret itself. Here those of the environment; a KMS fits
 * behind the same interface.
 */
import { type KeyObject, createSecretKey, randomBytes } from "node:crypto";
import { decrypt, encrypt } from "./aes-gcm.ts";
import { VaultError } from "./vault-error.ts";

export interface KeyEncryptionKey {
  /** Stored beside every data key that it wraps. */
  readonly id: string;
  /** Encrypts a data key. `context` is authenticated with it and must be the same at {@link unwrap}. */
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws where this key did not wrap it, where the context differs, or where the key cannot be reached. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}

/** A list of key-encryption keys that cannot be used. The message names an entry by its position and says the mend. */
export class EncryptionKeysError extends Error {
  override readonly name = "EncryptionKeysError";
  readonly code = "encryption_keys_invalid";
}

const keyBytes = 32;

/**
 * Reads key-encryption keys from `id:base64,id2:base64`: 32 bytes each, in base64 or base64url. The first one wraps new data keys, the
 * others unwrap what they once wrapped.
 *
 * @throws {EncryptionKeysError} naming the entry by its position and never by what it holds.
 * @example const [current] = parseEncryptionKeys(generateEncryptionKey("2026-11"));
 */
export function parseEncryptionKeys(list: string): KeyEncryptionKey[] {
  const positions = new Map<string, number>();
  return list.split(",").map((entry, index) => {
    const position = index + 1;
    const invalid = (fault: string) => new EncryptionKeysError(`Encryption key ${position} of the list ${fault}.`);
    const [, id, encoded] = /^\s*([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]+={0,2})\s*$/.exec(entry) ?? [];
    if (id === undefined || encoded === undefined) {
      throw invalid("is not id:base64 (the id 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`); `evergrant keys generate` makes one");
    }
    const bytes = Buffer.from(encoded, "base64");
    if (bytes.length !== keyBytes)
      throw invalid(`has ${bytes.length} bytes and must have ${keyBytes}; \`evergrant keys generate\` makes one`);
    const twin = positions.get(id);
    if (twin !== undefined) throw invalid(`has the same id as key ${twin}; give each its own`);
    positions.set(id, position);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return localKey(id, key);
  });
}

/** A new key-encryption key as {@link parseEncryptionKeys} reads it: an id, a colon, and 32 random bytes in base64. */
export function generateEncryptionKey(id = `k${randomBytes(4).toString("hex")}`): string {
  return `${id}:${randomBytes(keyBytes).toString("base64")}`;
}

function localKey(id: string, key: KeyObject): KeyEncryptionKey {
  return {
    id,
    wrap: async (dataKey, context) => encrypt(key, dataKey, Buffer.from(context, "utf8")),
    unwrap: async (wrapped, context) => {
      const dataKey = decrypt(key, wrapped, Buffer.from(context, "utf8"));
      if (dataKey === null)
        throw new VaultError("key_unavailable", `Key-encryption key "${id}" did not wrap this data key: another key bears its id.`);
      return dataKey;
    },
  };
}
