/**
 * Text that a database gives back as it took it, so that two names which differ outside are not one in there.
 */
import { z } from "zod";

/**
 * A text of at least one character: whole ones, since halves (lone surrogates) all become U+FFFD, and no NUL, at which SQLite's readers
 * take a text to have ended.
 */
export function keptText(mostCharacters: number): z.ZodString {
  return z
    .string()
    .min(1, "must not be empty")
    .max(mostCharacters, `at most ${mostCharacters} characters`)
    .refine((text) => !/[\0\p{Cs}]/u.test(text), "must hold no NUL and no half of a surrogate pair");
}
