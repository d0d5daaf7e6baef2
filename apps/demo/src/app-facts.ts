/**
 * What the page is told first.
 */
import type { User } from "./users.ts";

export interface AppFacts {
  /** Who is signed in. */
  readonly user: User;
  readonly users: readonly User[];
  /** Evergrant's `publicUrl`. */
  readonly evergrantUrl: string;
  /** The provider's settings page for account owners. */
  readonly providerUrl: string;
  readonly tokenLifetimeSeconds: number;
}
