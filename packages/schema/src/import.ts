/**
 * Tokens from another store: one line of an import, and what became of it.
 */
import { z } from "zod";
import { integrationIdShape } from "./config.ts";
import { accountIdShape, subjectShape } from "./connections.ts";
import { keptText } from "./kept-text.ts";
import { scopesShape } from "./scopes.ts";

/** A token's characters and length (RFC 6749 appendix A.12 and A.17). */
const token = z
  .string()
  .min(1, "must not be empty")
  .max(16_384, "at most 16384 characters")
  .regex(/^[\x20-\x7e]*$/, "a token is printable ASCII");
const instant = z.iso.datetime({ offset: true, error: "an ISO 8601 instant, such as 2027-01-31T12:00:00Z" });

/** One line: a JSON object with these members and no others. */
export const importLineShape = z.strictObject({
  /** Declared in the config, with the client id that the grant was given to: a refresh token works for no other. */
  integration: integrationIdShape,
  subject: subjectShape,
  /** The account at the provider; left out, the subject has one connection of unknown account there. */
  account: z.strictObject({ id: accountIdShape, label: keptText(256).or(z.literal("")).nullish() }).optional(),
  accessToken: token,
  tokenType: z
    .string()
    .regex(/^[A-Za-z0-9._~+-]{1,64}$/, "a token type, such as Bearer")
    .default("Bearer"),
  refreshToken: token.nullish(),
  /** When the access token ends; left out, it is not known. */
  expiresAt: instant.nullish(),
  refreshTokenExpiresAt: instant.nullish(),
  /** As granted. */
  scopes: scopesShape,
  /** When the resource owner consented; left out, now. */
  grantedAt: instant.nullish(),
  /** What the provider gave beside the tokens, where it gives anything: by the name of the parameter or member. */
  captured: z
    .strictObject({
      callback: z.record(z.string().max(128), z.string().max(1_024)).default({}),
      token: z.record(z.string().max(128), z.string().max(1_024)).default({}),
      origin: z.url().optional(),
    })
    .optional(),
});
export type ImportLine = z.output<typeof importLineShape>;

/**
 * - `imported`: a connection of its own now. · `replaced`: its tokens are now those of the connection that the account had.
 * - `unchanged`: the connection has these tokens already. · `skipped`: the account has a connection, which is left alone.
 * - `refused`: the line cannot be used; its faults say why. Nothing of it is stored.
 */
const importOutcomeShape = z.enum(["imported", "replaced", "unchanged", "skipped", "refused"]);

const importResultShape = z.object({
  /** Counted from 1, blank lines included. */
  line: z.number().int().positive(),
  outcome: importOutcomeShape,
  /** Null where the line was refused, and for what a dry run would make. */
  connectionId: z.string().nullable(),
  /** Which field, and what to write instead; never what the line holds. */
  faults: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type ImportResult = z.infer<typeof importResultShape>;
