/**
 * The token answer: a token that is valid now, or one of a closed set of reasons with what to do next.
 */
import { z } from "zod";
import { integrationIdShape } from "./config.ts";
import { accountIdShape, connectionIdShape, reauthorizationReasonShape, subjectShape } from "./connections.ts";
import { tokenRefusalShape } from "./provider-requests.ts";
import { refreshOutcomeShape } from "./refresh.ts";
import { scopesShape } from "./scopes.ts";

const instant = z.iso.datetime();

/** The resource servers that a token is for (RFC 6749 §1.1). */
const resourceShape = z.object({
  /** Where the token may be sent, and nowhere else: names, `*.` before all names below one, a port where it is not that of https. */
  hosts: z.array(z.string()).readonly(),
  /** The header field that carries it. */
  header: z.string(),
  /** What stands before it there; empty: nothing; null: its `tokenType`. */
  scheme: z.string().nullable(),
  /** How these servers say that a token does not hold, beside `invalid_token` (RFC 6750 §3.1). */
  refusals: z.array(tokenRefusalShape).readonly(),
});
export type Resource = z.infer<typeof resourceShape>;

export const activeAnswerShape = z.object({
  status: z.literal("active"),
  connectionId: z.string(),
  accessToken: z.string(),
  /** `Bearer` (RFC 6750) unless the provider says otherwise. */
  tokenType: z.string(),
  /** ISO 8601; null where neither the provider nor its documentation names a lifetime. */
  expiresAt: instant.nullable(),
  expiresInSeconds: z.number().int().nonnegative().nullable(),
  /** How long a client may keep this answer, in seconds; 0: ask again at every call. */
  cacheSeconds: z.number().int().nonnegative(),
  scopes: z.array(z.string()),
  /** Counts this connection's token sets. Name a refused token by it, and never send the token back. */
  generation: z.number().int(),
  /** A refresh was due and failed for a passing reason; this token is still valid. */
  stale: z.boolean(),
  /** How and where the token is to be used. */
  resource: resourceShape,
});

export const reauthorizationAnswerShape = z.object({
  status: z.literal("reauthorization_required"),
  connectionId: z.string(),
  reason: reauthorizationReasonShape,
  /** A connect link: where the resource owner authorizes again. */
  authorizeUrl: z.string(),
});

export const missingScopesAnswerShape = z.object({
  status: z.literal("missing_scopes"),
  connectionId: z.string(),
  missingScopes: z.array(z.string()),
  grantedScopes: z.array(z.string()),
  /** A connect link that asks for the union: never fewer scopes than are granted. */
  authorizeUrl: z.string(),
});

export const notConnectedAnswerShape = z.object({
  status: z.literal("not_connected"),
  integration: z.string(),
  subject: z.string(),
  authorizeUrl: z.string(),
});

/**
 * Why no token can be given now although the grant is not known to be dead:
 * `misconfigured` is a fault of the integration, `key_unavailable` one of this deployment's encryption keys.
 */
export const unavailableReasonShape = z.enum(["provider_unavailable", "rate_limited", "misconfigured", "key_unavailable"]);
export type UnavailableReason = z.infer<typeof unavailableReasonShape>;

export const unavailableAnswerShape = z.object({
  status: z.literal("unavailable"),
  connectionId: z.string(),
  reason: unavailableReasonShape,
  /** ISO 8601: when asking again makes sense. */
  retryAt: instant,
});

/** What `tokens.get` and `tokens.refresh` answer. */
export const tokenAnswerShape = z.discriminatedUnion("status", [
  activeAnswerShape,
  reauthorizationAnswerShape,
  missingScopesAnswerShape,
  notConnectedAnswerShape,
  unavailableAnswerShape,
]);
export type TokenAnswer = z.infer<typeof tokenAnswerShape>;
export type ActiveAnswer = z.infer<typeof activeAnswerShape>;

const wishes = {
  /** The token must live at least this long, in seconds; a younger one is fetched where it does not. */
  minValiditySeconds: z.number().int().min(0).max(86_400).optional(),
  /** Answer `missing_scopes` unless all of these are granted. */
  requireScopes: scopesShape.optional(),
};

/** A connection by its id, or by integration and subject (and account, where the subject has several). */
export const tokensGetInput = z.union([
  z.object({ connectionId: connectionIdShape, integration: integrationIdShape.optional(), ...wishes }),
  z.object({ integration: integrationIdShape, subject: subjectShape, accountId: accountIdShape.optional(), ...wishes }),
]);
export type TokensGetInput = z.infer<typeof tokensGetInput>;

export const tokensRefreshInput = z.object({
  connectionId: connectionIdShape,
  /** The generation of the token that a resource server refused; a newer one is answered without a refresh. */
  ifGeneration: z.number().int().nonnegative(),
});

export const tokensStatusInput = z.object({ connectionId: connectionIdShape });

/** What may be known of a token set without its secrets. */
export const tokenStatusShape = z.object({
  connectionId: z.string(),
  generation: z.number().int(),
  expiresAt: instant.nullable(),
  hasRefreshToken: z.boolean(),
  /** When the refresh token ends unless it is used before, which `nextRefreshAt` sees to; null where none is held, or nobody says. */
  refreshTokenExpiresAt: instant.nullable(),
  /** By when the owner must authorize again, however often the grant is refreshed; null where the provider sets no such end. */
  reconnectBy: instant.nullable(),
  /** When the next refresh is due; null where none is. */
  nextRefreshAt: instant.nullable(),
  lastRefreshAt: instant.nullable(),
  lastOutcome: refreshOutcomeShape.nullable(),
  /** No grant is sent before this instant; null unless the last one failed. */
  retryAt: instant.nullable(),
});
export type TokenStatus = z.infer<typeof tokenStatusShape>;
