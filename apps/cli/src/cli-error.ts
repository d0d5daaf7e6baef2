/**
 * What ends a command early: one class, a closed union of codes, and the exit code of each.
 */

/** Documented in README.md and in `evergrant --help`; scripts may rely on them. */
export const exitCodes = {
  ok: 0,
  /** Something of yours is at fault, and it is named: config, variable, port, database, key, request. */
  fault: 1,
  /** The command line is not one that this command takes. */
  usage: 2,
  /** The server, or its database, does not answer. */
  unreachable: 3,
  /** There is no token until the resource owner authorizes: not connected, scopes missing, or the grant has ended. */
  authorizationNeeded: 4,
  /** There is no token for now, and asking again later makes sense. */
  unavailable: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const exitCodeOf = {
  usage: exitCodes.usage,
  environment_invalid: exitCodes.fault,
  keys_missing: exitCodes.fault,
  keys_unusable: exitCodes.fault,
  keys_out_of_reach: exitCodes.unreachable,
  config_not_found: exitCodes.fault,
  config_unreadable: exitCodes.fault,
  config_invalid: exitCodes.fault,
  node_too_old: exitCodes.fault,
  port_taken: exitCodes.fault,
  address_unusable: exitCodes.fault,
  migrations_pending: exitCodes.fault,
  database_unusable: exitCodes.fault,
  database_unavailable: exitCodes.unreachable,
  server_unreachable: exitCodes.unreachable,
  unauthorized: exitCodes.fault,
  request_refused: exitCodes.fault,
  unexpected: exitCodes.fault,
} satisfies Record<string, ExitCode>;

export type CliErrorCode = keyof typeof exitCodeOf;

/** One of several things that are wrong at once; `path` says where, such as a place in the config or a variable's name. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  readonly mend: string;
}

/** A failure with its mend. Neither holds a key, token or variable's value. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly mend: string;
  readonly faults: readonly Fault[];

  constructor(code: CliErrorCode, message: string, options: { mend: string; faults?: readonly Fault[]; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.mend = options.mend;
    this.faults = options.faults ?? [];
  }

  get exitCode(): ExitCode {
    return exitCodeOf[this.code];
  }
}
