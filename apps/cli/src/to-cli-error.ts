/**
 * Whatever a command threw, as a failure with its mend. Only messages that are known to hold no secret are repeated.
 */
import { CliError, type CliErrorCode } from "./cli-error.ts";

/** Codes of the packages' own errors, whose messages are clean by contract, and what to do about each. */
const known: Readonly<Record<string, { code: CliErrorCode; mend: string }>> = {
  database_url_invalid: { code: "database_unusable", mend: "correct EVERGRANT_DATABASE_URL" },
  database_too_new: { code: "database_unusable", mend: "install the newer Evergrant again" },
  store_failed: { code: "database_unusable", mend: "check EVERGRANT_DATABASE_URL; `evergrant doctor` looks closer" },
  constraint_failed: { code: "database_unusable", mend: "run it again; `evergrant doctor` looks closer" },
  transaction_refused: { code: "unexpected", mend: "report this, with what EVERGRANT_DEBUG=1 shows" },
  store_unavailable: { code: "database_unavailable", mend: "check that the database is there, writable and not locked, then try again" },
  store_outcome_unknown: { code: "database_unavailable", mend: "look whether it happened before you try again" },
  encryption_keys_invalid: {
    code: "keys_unusable",
    mend: "correct EVERGRANT_ENCRYPTION_KEYS, or the file of EVERGRANT_ENCRYPTION_KEYS_FILE",
  },
  key_service_out_of_reach: { code: "keys_out_of_reach", mend: "try again when the KMS answers" },
  key_unavailable: {
    code: "keys_unusable",
    mend: "bring back the key that sealed this database: in EVERGRANT_ENCRYPTION_KEYS, or in .evergrant/encryption-keys for a development server",
  },
};

/** Turns anything into a `CliError`; one that is one already stays as it is. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const meant = error instanceof Error && Object.hasOwn(known, code) ? known[code] : undefined;
  if (error instanceof Error && meant !== undefined) return new CliError(meant.code, error.message, { mend: meant.mend, cause: error });
  // What the operating system says: a call and a path, and never a secret.
  if (error instanceof Error && "syscall" in error) {
    return new CliError("unexpected", error.message, { mend: "check that the path is there and that you may use it", cause: error });
  }
  const name = error instanceof Error ? [error.name, code].filter((word) => word !== "").join(" ") : typeof error;
  return new CliError("unexpected", `something unforeseen went wrong (${name})`, {
    mend: "run it again with EVERGRANT_DEBUG=1 to see where",
    cause: error,
  });
}
