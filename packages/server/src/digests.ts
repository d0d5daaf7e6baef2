/**
 * Digests, comparisons and random strings: what callers prove themselves with is stored as SHA-256 and compared in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** SHA-256 (FIPS 180-4) of a text's UTF-8 bytes, as 64 lower-case hex digits. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** SHA-256 of a text's UTF-8 bytes in base64, as a Content-Security-Policy names a script (CSP Level 3 §2.3.1). */
export function sha256Base64(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64");
}

/** Whether two texts are equal, in a time that tells neither where they differ nor how long the secret one is. */
export function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** An id nobody has used before: base64url (RFC 4648 §5) of random bytes, 16 unless told. No secret. */
export function randomId(bytes = 16): string {
  return randomBytes(bytes).toString("base64url");
}

/** A secret nobody can guess: base64url (RFC 4648 §5) of random bytes, 32 unless told (RFC 6749 §10.10 asks for 16 or more). */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString("base64url");
}
