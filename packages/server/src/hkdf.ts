/**
 * HKDF with SHA-256 (RFC 5869): keys for one purpose each, out of one secret.
 */
import { type KeyObject, createSecretKey, hkdfSync } from "node:crypto";

/**
 * Derives a key. The salt may be empty where the secret is uniformly random (RFC 5869 §3.1).
 *
 * @param derivation.lengthBytes At most 8,160.
 */
export function deriveKey(secret: KeyObject, derivation: { salt: Uint8Array; info: Uint8Array; lengthBytes: number }): KeyObject {
  const bytes = new Uint8Array(hkdfSync("sha256", secret, derivation.salt, derivation.info, derivation.lengthBytes));
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
