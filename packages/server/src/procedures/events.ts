/**
 * `events.*`: what happened, in the order in which it was committed; in pages, or as it happens.
 */
import { eventsListInput, eventsPageShape, eventsStreamInput } from "@evergrant/schema";
import { TRPCError, tracked } from "@trpc/server";
import { watchCredential } from "../credential.ts";
import { mayUse } from "../callers.ts";
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

  stream: procedure.input(eventsStreamInput).subscription(async function* ({ ctx: { authority, caller }, input, signal }) {
    const credential = watchCredential(authority, caller);
    const ends = signal === undefined ? credential.signal : AbortSignal.any([signal, credential.signal]);
    try {
      const after = input.lastEventId === undefined ? input.after : Number(input.lastEventId);
      for await (const event of authority.feed.follow({ after, signal: ends })) {
        const sees = caller.integrations === null || (event.integration !== null && mayUse(caller, event.integration));
        if (sees) yield tracked(String(event.id), event);
      }
    } finally {
      credential.unwatch();
    }
    if (credential.signal.aborted) throw new TRPCError({ code: "UNAUTHORIZED", message: "the credential of this stream has ended" });
    // An orderly end would tell the client that it is done; one that breaks off, to come back, here or to another process.
    if (authority.feed.isClosed) throw new DOMException("the server is closing", "AbortError");
  }),
});
