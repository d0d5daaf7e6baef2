/**
 * `events.*`: what happened, in the order in which it was committed; in pages, or as it happens.
 */
import { type EvergrantEvent, eventsListInput, eventsPageShape, eventsStreamInput } from "@evergrant/schema";
import { TRPCError, tracked } from "@trpc/server";
import { watchCredential } from "../credential.ts";
import type { Caller } from "../callers.ts";
import { listEvents } from "../events-store.ts";
import { type Reach, reachesIntegration, reachesSubject } from "../reach.ts";
import { procedure, router } from "../trpc.ts";

export const events = router({
  list: procedure
    .input(eventsListInput)
    .output(eventsPageShape)
    .query(async ({ ctx: { authority, caller }, input }) => {
      const page = await listEvents(authority.database, { ...input, reach: caller });
      return {
        events: page.map((event) => asSeenBy(caller, event)),
        nextAfter: input.order === "oldest_first" && page.length === input.limit ? (page.at(-1)?.id ?? null) : null,
      };
    }),

  stream: procedure.input(eventsStreamInput).subscription(async function* ({ ctx: { authority, caller }, input, signal }) {
    const credential = watchCredential(authority, caller);
    const ends = signal === undefined ? credential.signal : AbortSignal.any([signal, credential.signal]);
    try {
      const after = input.lastEventId === undefined ? input.after : Number(input.lastEventId);
      for await (const event of authority.feed.follow({ after, signal: ends })) {
        if (isWithin(caller, event)) yield tracked(String(event.id), asSeenBy(caller, event));
      }
    } finally {
      credential.unwatch();
    }
    if (credential.signal.aborted) throw new TRPCError({ code: "UNAUTHORIZED", message: "the credential of this stream has ended" });
    // An orderly end would tell the client that it is done; one that breaks off, to come back, here or to another process.
    if (authority.feed.isClosed) throw new DOMException("the server is closing", "AbortError");
  }),
});

/** What concerns no integration or no subject is for those who are limited to none. */
function isWithin(reach: Reach, { integration, subject }: EvergrantEvent): boolean {
  return (
    (reach.integrations === null || (integration !== null && reachesIntegration(reach, integration))) &&
    (reach.subjects === null || (subject !== null && reachesSubject(reach, subject)))
  );
}

/** What a subject itself is told of the particulars; the rest is for those who run things. */
const ownDetails = new Set(["reason", "scopes", "lostScopes"]);

function asSeenBy({ kind }: Caller, event: EvergrantEvent): EvergrantEvent {
  if (kind !== "session") return event;
  return { ...event, details: Object.fromEntries(Object.entries(event.details).filter(([name]) => ownDetails.has(name))) };
}
