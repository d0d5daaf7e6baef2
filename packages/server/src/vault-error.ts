/**
 * What can go wrong with a secret or its keys. A message names ids and mends, and never a key, a plaintext or a ciphertext.
 */

/**
 * - `key_unavailable`: the data key is unknown here, or its key-encryption key is missing or out of reach. Passing, or a fault of the setup.
 * - `secret_unreadable`: the key is at hand and the ciphertext does not open: damaged, of another place, or of an older generation.
 */
export type VaultErrorCode = "key_unavailable" | "secret_unreadable";

/** A failure of the vault, without `cause`: what lies beneath may show key bytes. */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly code: VaultErrorCode;
  /** Whether it is known to pass: a key service is out of reach. */
  readonly passing: boolean;

  constructor(code: VaultErrorCode, message: string, passing = false) {
    super(message);
    this.code = code;
    this.passing = passing;
  }
}

/** A key-encryption key that cannot be reached now, and may be by and by. Without `cause`, as above. */
export class KeyServiceError extends Error {
  override readonly name = "KeyServiceError";
  readonly code = "key_service_out_of_reach";
}
