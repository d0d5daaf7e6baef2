/**
 * `sessions.*`: short-lived credentials for one subject's browser. A token is shown once, when it is made.
 */
import { sessionsCreateInput, sessionsCreateResult, sessionsRevokeInput, sessionsRevokeResult } from "@evergrant/schema";
import { createSession } from "../create-session.ts";
import { requireSubject } from "../reach.ts";
import { revokeSessions } from "../sessions-store.ts";
import { procedure, router } from "../trpc.ts";

export const sessions = router({
  create: procedure
    .input(sessionsCreateInput)
    .output(sessionsCreateResult)
    .mutation(async ({ ctx: { authority, caller }, input }) => createSession(authority, caller, input)),

  revoke: procedure
    .input(sessionsRevokeInput)
    .output(sessionsRevokeResult)
    .mutation(async ({ ctx: { authority, caller }, input }) => {
      if ("subject" in input) requireSubject(caller, input.subject);
      return { revoked: await revokeSessions(authority.database, input, { reach: caller, now: authority.now() }) };
    }),
});
