/**
 * Who may sign in at the demo: two people without a password.
 */

export interface User {
  /** What Evergrant knows them by: the subject of their connections. */
  readonly id: string;
  readonly name: string;
}

const ada: User = { id: "ada", name: "Ada" };
const ben: User = { id: "ben", name: "Ben" };

/** Signed in where nobody has chosen. */
export const firstUser = ada;
export const users: readonly User[] = [ada, ben];

export function findUser(id: unknown): User | undefined {
  return users.find((user) => user.id === id);
}
