/**
 * `events.list`: what happened, in the order in which it was committed.
 */
import { eventsListInput, eventsPageShape } from "@evergrant/schema";
import { listEvents } from "../events-store.ts";
import { procedure, router } from "../trpc.ts";

export const events = router({
  list: procedure
    .input(eventsListInput)
    .output(eventsPageShape)
    .query(async ({ ctx: { authority, caller }, input }) => {
      const page = await listEvents(authority.database, { ...input, integrations: caller.integrations });
      return { events: page, nextAfter: page.length === input.limit ? (page.at(-1)?.id ?? null) : null };
    }),
});
