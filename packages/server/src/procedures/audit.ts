/**
 * `audit.*`: who did what, newest first. Looking is itself audited.
 */
import { auditListInput, auditPageShape } from "@evergrant/schema";
import { listAudit } from "../audit-store.ts";
import { procedure, router } from "../trpc.ts";

export const audit = router({
  list: procedure
    .input(auditListInput)
    .output(auditPageShape)
    .query(async ({ ctx: { authority }, input }) => {
      const { cursor, ...filter } = input;
      // What this process has noted is seen by whoever asks it; what another has, within a second.
      await authority.audit.flush();
      const entries = await listAudit(authority.database, { ...filter, before: cursor });
      return { entries, nextCursor: entries.length === input.limit ? (entries.at(-1)?.id ?? null) : null };
    }),
});
