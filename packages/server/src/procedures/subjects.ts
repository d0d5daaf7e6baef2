/**
 * `subjects.*`: what concerns all of a subject at once.
 */
import { subjectsForgetInput, subjectsForgetResult } from "@evergrant/schema";
import { forgetSubject } from "../forget-subject.ts";
import { procedure, router } from "../trpc.ts";

export const subjects = router({
  forget: procedure
    .input(subjectsForgetInput)
    .output(subjectsForgetResult)
    .mutation(async ({ ctx: { authority }, input }) => forgetSubject(authority, input.subject)),
});
