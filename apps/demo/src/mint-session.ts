/**
 * What the page calls Evergrant with: a session of the user whom this backend has signed in. The API key stays here.
 */
import type { Evergrant } from "./evergrant.ts";
import type { User } from "./users.ts";

export const mintSession = (evergrant: Evergrant, user: User) =>
  evergrant.sessions.create({ subject: user.id, integrations: ["sandbox"], ttlSeconds: 300 });
