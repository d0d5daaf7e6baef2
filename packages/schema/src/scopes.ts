/**
 * Scopes (RFC 6749 §3.3): what one is, what a provider says of it, and what a judgement of a list looks like.
 */
import { z } from "zod";

/** One scope-token of RFC 6749 §3.3: printable ASCII without space, `"` and `\`. */
export const scopeShape = z
  .string()
  .max(256, "a scope is at most 256 characters long")
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+$/,
    'a scope is printable ASCII without spaces, `"` and `\\` (RFC 6749 §3.3); write a list, one scope an entry',
  );

/** A list of scopes: at most 200, each named once. */
export const scopesShape = z
  .array(scopeShape)
  .max(200, "at most 200 scopes")
  .refine((scopes) => new Set(scopes).size === scopes.length, "each scope is named once");

/**
 * What holding a scope lets a client do. `basic`: identity and refreshing · `read` · `write` ·
 * `admin`: settings of an organization, users, credentials, money, destruction.
 */
export const sensitivityShape = z.enum(["basic", "read", "write", "admin"]);
export type Sensitivity = z.infer<typeof sensitivityShape>;

/** What a provider's catalogue entry says of one scope. */
export const scopeFactsShape = z.strictObject({
  /** In plain words, for a connect page; at most 120 characters. */
  description: z.string().min(1).max(120),
  sensitivity: sensitivityShape,
  /** Scopes that a holder of this one has too (`repo` ⊃ `public_repo`). */
  implies: z.array(scopeShape).readonly().optional(),
  /** Other spellings in which the provider may grant this same scope (`email` and its long Google name). */
  aliases: z.array(scopeShape).readonly().optional(),
});
export type ScopeFacts = z.infer<typeof scopeFactsShape>;

/**
 * What is to be said of one scope of a list:
 * - `known`: the provider lists it, or it is another spelling of one that it lists.
 * - `tenant`: it matches a form in which the provider's tenants name scopes of their own.
 * - `allowed`: unlisted, and the integration names it under `allowUnlistedScopes`.
 * - `unknown`: none of these. `nearest` names the closest real ones, best first.
 * - `excess`: a real scope, but outside what the integration declares.
 */
export const scopeVerdictShape = z.enum(["known", "tenant", "allowed", "unknown", "excess"]);
export type ScopeVerdict = z.infer<typeof scopeVerdictShape>;

export const scopeJudgementShape = z.object({
  scope: z.string(),
  verdict: scopeVerdictShape,
  /** Null where the provider does not list the scope. */
  description: z.string().nullable(),
  sensitivity: sensitivityShape.nullable(),
  /** At most three listed scopes that look alike; empty unless the verdict is `unknown`. */
  nearest: z.array(z.string()),
});
export type ScopeJudgement = z.infer<typeof scopeJudgementShape>;

/** Which list of scopes a ledger entry holds: `requested` and `granted` at a connect, `returned` by a refresh. */
export const scopeLedgerKindShape = z.enum(["requested", "granted", "returned"]);
export type ScopeLedgerKind = z.infer<typeof scopeLedgerKindShape>;

/** One entry of a connection's scope ledger: made whenever a list is another than the one before it. */
export const scopeLedgerEntryShape = z.object({
  kind: scopeLedgerKindShape,
  scopes: z.array(z.string()),
  at: z.iso.datetime(),
  /** When a refresh last returned this same list. */
  lastAt: z.iso.datetime(),
});
export type ScopeLedgerEntry = z.infer<typeof scopeLedgerEntryShape>;
