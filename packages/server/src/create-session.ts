/**
 * Making a session: a credential for one subject's browser, never wider or longer than its maker's own.
 */
import type { SessionsCreateInput, SessionsCreateResult } from "@evergrant/schema";
import type { Authority } from "./authority.ts";
import { type Caller, newCredential } from "./callers.ts";
import { EvergrantError } from "./errors.ts";
import { requireIntegration, requireSubject } from "./reach.ts";
import { insertSession } from "./sessions-store.ts";

/**
 * Makes a session; its token is in the result and nowhere else.
 *
 * @throws {EvergrantError} `permission_denied`: the subject is out of the maker's reach. `unknown_integration`: one of them is, or is not there.
 */
export async function createSession(authority: Authority, caller: Caller, input: SessionsCreateInput): Promise<SessionsCreateResult> {
  requireSubject(caller, input.subject);
  for (const id of input.integrations ?? []) {
    requireIntegration(caller, id);
    if ((await authority.integrations.find(id)) === null)
      throw new EvergrantError("unknown_integration", `integrations: there is none named "${id}"; integrations.list names them`);
  }
  const createdAt = authority.now();
  const endsAt = new Date(createdAt.getTime() + input.ttlSeconds * 1000);
  const expiresAt = caller.endsAt !== null && caller.endsAt < endsAt ? caller.endsAt : endsAt;
  const integrations = input.integrations ?? caller.integrations;
  const { id, credential, hash } = newCredential("evergrant_session_");
  await insertSession(authority.database, {
    id,
    hash,
    subject: input.subject,
    integrations,
    createdBy: caller.id,
    createdAt,
    expiresAt,
    revokedAt: null,
  });
  return {
    id,
    subject: input.subject,
    integrations: integrations === null ? null : [...integrations],
    sessionToken: credential,
    expiresAt: expiresAt.toISOString(),
  };
}
