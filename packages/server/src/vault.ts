/**
 * The vault: seals secrets for one place each, and opens them there and nowhere else. `ciphertext.ts` has the format.
 *
 * Sealing and opening are synchronous. A copy of the whole database that somebody puts back opens as it did: generations defend
 * single rows, not against that.
 */
import { createHmac } from "node:crypto";
import { decrypt, encrypt } from "./aes-gcm.ts";
import { type Ciphertext, additionalDataFor, dataKeyIdOf, headerBytes, headerFor, isHeaderWhole } from "./ciphertext.ts";
import type { DigestPurpose } from "./data-key.ts";
import { type DataKeyRing, openDataKeyRing } from "./data-keys.ts";
import type { Database } from "./database.ts";
import type { KeyEncryptionKeys } from "./key-encryption-key.ts";
import type { Place } from "./places.ts";
import { VaultError } from "./vault-error.ts";

export type { Ciphertext } from "./ciphertext.ts";
export { type Place, places } from "./places.ts";
export { KeyServiceError, VaultError } from "./vault-error.ts";

export interface Vault {
  /** @throws {VaultError} `key_unavailable` where no data key opens here any more. */
  seal(plaintext: string, place: Place): Ciphertext;
  /**
   * @throws {VaultError} `secret_unreadable`: damaged, sealed for another place, or of another generation.
   * @throws {VaultError} `key_unavailable`: its data key is unknown here; another process may have made it since.
   */
  open(ciphertext: Uint8Array, place: Place): string;
  /** As `open`, but an unknown data key is looked for in the database first, at most once a second. */
  openOrReload(ciphertext: Uint8Array, place: Place): Promise<string>;
  /** As `seal`, in base64url (RFC 4648 §5): for what travels in a URL. */
  sealToText(plaintext: string, place: Place): string;
  /** As `openOrReload`, for what `sealToText` made; text in any other spelling is `secret_unreadable`. */
  openTextOrReload(text: string, place: Place): Promise<string>;
  /**
   * Eight hex digits that tell two values apart: a keyed HMAC-SHA256, equal in all processes.
   *
   * Its key comes from a data key that seals nothing, so rotating and retiring the others leaves it as it is.
   *
   * @throws {VaultError} `key_unavailable` where that one does not open.
   */
  fingerprint(value: string): string;
  /**
   * 64 hex digits: HMAC-SHA256 under a key of this purpose, which outlives all rotations as that of `fingerprint` does.
   *
   * @throws {VaultError} `key_unavailable` where it does not open.
   */
  authenticate(value: string, purpose: DigestPurpose): string;
  /**
   * Adds a data key where the current one is older than 30 days or has sealed 2^30 times. Call it at start and every few minutes.
   *
   * @throws {KeyServiceError} where a new key cannot be wrapped now; those at hand go on sealing.
   */
  maintain(): Promise<void>;
  /** The data keys, for those who rotate and retire them. */
  readonly ring: DataKeyRing;
}

/**
 * Opens the vault of a migrated database, making its first data key where there is none.
 *
 * @param parts.keyEncryptionKeys The first one wraps new data keys; all of them unwrap.
 * @throws {VaultError} `key_unavailable` where none of them opens any data key of this database, for a reason that does not pass.
 * @example
 * const vault = await openVault({ database, keyEncryptionKeys: parseEncryptionKeys(generateEncryptionKey()), now: () => new Date() });
 * const sealed = vault.seal("a token", places.accessToken("con_1", 1));
 * vault.open(sealed, places.accessToken("con_1", 1)); // "a token"; in any other place it throws
 */
export async function openVault(parts: { database: Database; keyEncryptionKeys: KeyEncryptionKeys; now: () => Date }): Promise<Vault> {
  const ring = await openDataKeyRing(parts);
  const vault: Vault = {
    seal(plaintext, place) {
      const key = ring.sealingKey();
      const header = headerFor(key.id);
      const sealed = encrypt(key.keyFor(place.purpose), Buffer.from(plaintext, "utf8"), additionalDataFor(header, place));
      return new Uint8Array(Buffer.concat([header, sealed])) as Ciphertext;
    },
    open(ciphertext, place) {
      const key = keyNamedBy(ciphertext);
      const header = ciphertext.subarray(0, headerBytes);
      const plaintext = decrypt(key.keyFor(place.purpose), ciphertext.subarray(headerBytes), additionalDataFor(header, place));
      if (plaintext === null) throw unreadable(place);
      return plaintext.toString("utf8");
    },
    async openOrReload(ciphertext, place) {
      try {
        return vault.open(ciphertext, place);
      } catch (error) {
        if (!(error instanceof VaultError) || error.code !== "key_unavailable") throw error;
        await ring.reloadIfDue();
        return vault.open(ciphertext, place);
      }
    },
    sealToText: (plaintext, place) => Buffer.from(vault.seal(plaintext, place)).toString("base64url"),
    async openTextOrReload(text, place) {
      const bytes = Buffer.from(text, "base64url");
      // The decoder skips what it does not know; one secret has one spelling.
      if (bytes.toString("base64url") !== text) throw unreadable(place);
      return vault.openOrReload(bytes, place);
    },
    fingerprint: (value) => vault.authenticate(value, "fingerprint").slice(0, 8),
    authenticate: (value, purpose) => createHmac("sha256", ring.digestKey().keyFor(purpose)).update(value, "utf8").digest("hex"),
    maintain: () => ring.maintain(),
    ring,
  };
  const keyNamedBy = (ciphertext: Uint8Array) => {
    try {
      return ring.keyOf(dataKeyIdOf(ciphertext));
    } catch (error) {
      // A header nobody wrote names no key at all.
      throw isHeaderWhole(ciphertext) ? error : new VaultError("secret_unreadable", "The ciphertext is damaged.");
    }
  };
  return vault;
}

function unreadable({ purpose, table, column }: Place): VaultError {
  const where = table === null ? purpose : `${table}.${column}`;
  return new VaultError(
    "secret_unreadable",
    `A secret (${where}) does not open: it is damaged, or was sealed for another row or generation.`,
  );
}
