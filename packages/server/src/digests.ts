/**
 * Digests, comparisons and random strings: what callers prove themselves with is stored as SHA-256 and compared in constant time.
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** SHA-256 (FIPS 180-4) of a text's UTF-8 bytes, as 64 lower-case hex digits. */
export function sha256Hex(text: string): string {
  return hash("sha256", text, "hex");
}

/** SHA-256 of a text's UTF-8 bytes in base64, as a Content-Security-Policy names a script (CSP Level 3 §2.3.1). */
export function sha256Base64(text: string): string {
  return hash("sha256", text, "base64");
}

/** SHA-256 of a text's UTF-8 bytes. */
export function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** Whether a text has this SHA-256, as `sha256Hex` writes it, in a time that does not tell how much of it is right. */
export function hasSha256(text: string, hex: string): boolean {
  return isDigest(sha256(text), hex);
}

/** The same for what `sha256` made, where one text is compared with several. */
export function isDigest(digest: Buffer, hex: string): boolean {
  const stored = Buffer.from(hex, "hex");
  return stored.length === 32 && timingSafeEqual(digest, stored);
}

let pool = Buffer.alloc(0);

/** An id nobody has used before: base64url (RFC 4648 §5) of random bytes, 16 unless told. No secret. */
export function randomId(bytes = 16): string {
  // Drawn in bulk: one draw costs as much as the rest of a request's bookkeeping.
  if (pool.length < bytes) pool = randomBytes(Math.max(4_096, bytes));
  const id = pool.toString("base64url", 0, bytes);
  pool = pool.subarray(bytes);
  return id;
}

/** A secret nobody can guess: base64url (RFC 4648 §5) of random bytes, 32 unless told (RFC 6749 §10.10 asks for 16 or more). */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString("base64url");
}
