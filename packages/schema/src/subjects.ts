/**
 * Subjects: the end users of the calling app, under the names that it gives them.
 */
import { z } from "zod";
import { subjectShape } from "./connections.ts";

export const subjectsForgetInput = z.object({ subject: subjectShape });

export const subjectsForgetResult = z.object({
  /** How many connections were ended and erased, unconfirmed ones included. */
  connections: z.number().int(),
  /** How many grants their provider has yet to hear of; it is asked for a day. */
  pendingRevocations: z.number().int(),
});
export type SubjectsForgetResult = z.infer<typeof subjectsForgetResult>;
