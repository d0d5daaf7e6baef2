/**
 * What a migration is.
 */

/** A change of the tables: its statements run in order, in one write transaction with the row that says it was done. Never edited once released. */
export interface Migration {
  /** Sorts by when it was written: a number and a name. */
  readonly id: string;
  readonly statements: readonly string[];
}
