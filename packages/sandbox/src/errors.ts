/**
 * What the sandbox throws at those who start or steer it. What it answers to OAuth clients are the errors of the RFCs.
 */

export type SandboxErrorCode = "port_taken" | "unknown_client" | "invalid_redirect_uri" | "invalid_option";

/** The message names the field and the mend. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SandboxError";
    this.code = code;
  }
}
