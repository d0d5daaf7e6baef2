/**
 * Key-encryption keys: they wrap the data keys that seal secrets, and never a secret itself. Here what they are, and those whose bytes
 * are at hand; `aws-kms-key.ts` and `vault-transit-key.ts` have those that a service keeps.
 */
import { createSecretKey, randomBytes } from "node:crypto";
import { decrypt, encrypt } from "./aes-gcm.ts";
import { VaultError } from "./vault-error.ts";

export interface KeyEncryptionKey {
  /** Stored beside every data key that it wraps. */
  readonly id: string;
  /** Encrypts a data key. `context` is authenticated with it and must be the same at {@link unwrap}. */
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /**
   * @throws {VaultError} `key_unavailable` where this key did not wrap it, the context differs, or its use is refused: nothing to wait for.
   * Whatever else is thrown, here and by {@link wrap}, counts as out of reach: the key is asked again after a while.
   */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}

/** Key-encryption keys, the wrapping one first; or where to get them, each time that data keys are read. */
export type KeyEncryptionKeys = readonly KeyEncryptionKey[] | (() => Promise<readonly KeyEncryptionKey[]>);

/** A list of key-encryption keys that cannot be used. The message names an entry by its position and says the mend. */
export class EncryptionKeysError extends Error {
  override readonly name = "EncryptionKeysError";
  readonly code = "encryption_keys_invalid";
}

const keyBytes = 32;

/** A new key-encryption key as `parseEncryptionKeys` reads it: an id, a colon, and 32 random bytes in base64. */
export function generateEncryptionKey(id = `k${randomBytes(4).toString("hex")}`): string {
  return `${id}:${randomBytes(keyBytes).toString("base64")}`;
}

/**
 * A key whose bytes this process holds: AES-256-GCM, as `aes-gcm.ts` has it.
 *
 * @param bytes 32 of them, zeroed by this call.
 * @throws {EncryptionKeysError} where there are more or fewer.
 */
export function localKey(id: string, bytes: Uint8Array): KeyEncryptionKey {
  if (bytes.length !== keyBytes) throw new EncryptionKeysError(`has ${bytes.length} bytes and must have ${keyBytes}`);
  const key = createSecretKey(bytes);
  bytes.fill(0);
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
