/**
 * The audit log: who did what, when, from where, to which connection or integration, and what came of it. No entry holds a secret.
 */
import { z } from "zod";
import { integrationIdShape } from "./config.ts";
import { connectionIdShape, subjectShape } from "./connections.ts";
import { keptText } from "./kept-text.ts";

/**
 * Who acts:
 * - `api_key`, `bootstrap`, `session`, `jwt`: a caller of the API, by its credential.
 * - `browser`: whoever opened a connect link, or came back from a provider.
 * - `operator`: somebody with the process or the database in hand: a command, or the app that embeds the server.
 * - `system`: the server by itself, such as its refresher.
 */
export const actorKindShape = z.enum(["api_key", "bootstrap", "session", "jwt", "browser", "operator", "system"]);
export type ActorKind = z.infer<typeof actorKindShape>;

export const auditEntryShape = z.object({
  /** Grows with every entry. */
  id: z.number().int(),
  at: z.iso.datetime(),
  /** Where an entry stands for several reads: when the last one was; else as `at`. */
  lastAt: z.iso.datetime(),
  /** How many times. */
  count: z.number().int(),
  /** A procedure's name, such as `tokens.get`; or `flow`, `refresh`, `revocation`, `backup` and their like. */
  action: z.string(),
  /** `ok`, the status or outcome that was answered, or an error's code. */
  outcome: z.string(),
  actor: z.object({ kind: actorKindShape, id: z.string().nullable() }),
  /** Whom it concerned, as long as they have the connection that it concerned; an entry itself keeps a keyed hash alone. */
  subject: z.string().nullable(),
  subjectHash: z.string().nullable(),
  integration: z.string().nullable(),
  connectionId: z.string().nullable(),
  /** Null where nobody asked over the network. */
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  /** Whether it is in the chain that `evergrant audit verify` follows; within seconds it is. */
  sealed: z.boolean(),
});
export type AuditEntry = z.infer<typeof auditEntryShape>;

const auditFilterShape = z.object({
  /** An actor's id, such as an API key's. */
  actorId: keptText(128).optional(),
  actorKind: actorKindShape.optional(),
  /** Found by its keyed hash, so after `subjects.forget` too. */
  subject: subjectShape.optional(),
  connectionId: connectionIdShape.optional(),
  integration: integrationIdShape.optional(),
  action: keptText(64).optional(),
  /** From this instant on. */
  since: z.iso.datetime().optional(),
  /** Before this instant. */
  until: z.iso.datetime().optional(),
});
export type AuditFilter = z.infer<typeof auditFilterShape>;

/** Newest first. */
export const auditListInput = auditFilterShape.extend({
  /** The `nextCursor` of the page before. */
  cursor: z.number().int().positive().optional(),
  limit: z.number().int().min(1).max(500).default(100),
});
export const auditPageShape = z.object({ entries: z.array(auditEntryShape), nextCursor: z.number().int().nullable() });

/** What following the chain came to. */
export interface AuditVerdict {
  readonly ok: boolean;
  /** Entries whose chain value is right. */
  readonly verified: number;
  /** Where the chain breaks first; null where it holds. `entryId` is null where it is the ends that do not fit. */
  readonly firstBreak: { readonly entryId: number | null; readonly message: string } | null;
  /** Entries that no seal covers yet, and since when the oldest of them waits. */
  readonly unsealed: { readonly count: number; readonly since: string | null };
  /** The end of the chain: kept elsewhere, it proves later that nothing before it was cut off. */
  readonly head: { readonly count: number; readonly chain: string };
}
