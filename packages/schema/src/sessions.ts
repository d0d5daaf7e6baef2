/**
 * Sessions: what one subject's browser calls with, for minutes. A session reads no token, and sees nobody else's connections.
 */
import { z } from "zod";
import { integrationIdShape } from "./config.ts";
import { subjectShape } from "./connections.ts";
import { keptText } from "./kept-text.ts";

export const sessionsCreateInput = z.object({
  /** Whose it is: the user whom your app has signed in, never one that a request names. */
  subject: subjectShape,
  /** Left out: all that the key itself may use. */
  integrations: z.array(integrationIdShape).min(1, "name at least one integration, or leave it out").max(100).optional(),
  /** It ends sooner where the key that makes it does. */
  ttlSeconds: z.number().int().min(30, "at least 30 seconds").max(3600, "at most 3600 seconds").default(900),
});
export type SessionsCreateInput = z.infer<typeof sessionsCreateInput>;

/** The token is in this answer and nowhere else. */
export const sessionsCreateResult = z.object({
  id: z.string(),
  subject: z.string(),
  /** Null: all integrations. */
  integrations: z.array(z.string()).nullable(),
  sessionToken: z.string(),
  expiresAt: z.iso.datetime(),
});
export type SessionsCreateResult = z.infer<typeof sessionsCreateResult>;

/** One session, or all of a subject's. */
export const sessionsRevokeInput = z.union([z.strictObject({ id: keptText(64) }), z.strictObject({ subject: subjectShape })], {
  error: "either id or subject",
});
export type SessionsRevokeInput = z.infer<typeof sessionsRevokeInput>;

/** How many there were that still held. */
export const sessionsRevokeResult = z.object({ revoked: z.number().int() });
