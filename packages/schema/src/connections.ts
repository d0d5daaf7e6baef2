/**
 * Connections: one subject's grant at one integration for one provider account, and the flow that makes one.
 */
import { z } from "zod";
import { integrationIdShape, originShape } from "./config.ts";
import { keptText } from "./kept-text.ts";
import { scopesShape } from "./scopes.ts";

export const connectionIdShape = z.string().regex(/^con_[0-9A-Za-z_-]{8,64}$/, "a connection id, such as connections.list gives");

/** The end user as the calling app names them: opaque to Evergrant. */
export const subjectShape = keptText(256);
/** The account as its provider names it. */
export const accountIdShape = keptText(256);

/**
 * Why a grant has ended, or cannot be used any more:
 * - `grant_revoked`, `grant_expired`: the authorization server says so.
 * - `no_refresh_token`: the access token has ended and there is nothing to renew it with.
 * - `refresh_outcome_lost`: a refresh was sent, its answer never came, and the token that was spent is refused.
 * - `refresh_token_reused`: the server says that the refresh token had been used before.
 * - `client_changed`: the integration has another client or server than the one the grant belongs to.
 * - `secret_unreadable`: the stored token does not open although its key is at hand.
 */
export const reauthorizationReasonShape = z.enum([
  "grant_revoked",
  "grant_expired",
  "no_refresh_token",
  "refresh_outcome_lost",
  "refresh_token_reused",
  "client_changed",
  "secret_unreadable",
]);
export type ReauthorizationReason = z.infer<typeof reauthorizationReasonShape>;

export const connectionStatusShape = z.enum(["active", "reauthorization_required", "disconnected"]);
export type ConnectionStatus = z.infer<typeof connectionStatusShape>;

const instant = z.iso.datetime();

/** A connection as callers see it: never a token. */
export const connectionViewShape = z.object({
  id: z.string(),
  integration: z.string(),
  subject: z.string(),
  status: connectionStatusShape,
  /** Null unless the status is `reauthorization_required`. */
  reason: reauthorizationReasonShape.nullable(),
  /** The account at the provider; null where the provider does not tell. */
  account: z.object({ id: z.string(), label: z.string().nullable() }).nullable(),
  requestedScopes: z.array(z.string()),
  grantedScopes: z.array(z.string()),
  /** Of the scopes that the integration asks for today, those that are not granted. */
  missingScopes: z.array(z.string()),
  /** Of the scopes that it may ask for later, those that are not granted. */
  missingOptionalScopes: z.array(z.string()),
  expiresAt: instant.nullable(),
  /** By when the owner must authorize again, however often the grant is refreshed; null where the provider sets no such end. */
  reconnectBy: instant.nullable(),
  /** What the provider gave beside the tokens for its API calls, such as `realmId` or `instance_url`; empty for most. */
  captured: z.record(z.string(), z.string()),
  createdAt: instant,
  updatedAt: instant,
});
export type ConnectionView = z.infer<typeof connectionViewShape>;

export const connectionsGetInput = z.object({ connectionId: connectionIdShape });

export const connectionsListInput = z.object({
  integration: integrationIdShape.optional(),
  subject: subjectShape.optional(),
  status: connectionStatusShape.optional(),
  /** As the page before gave it. */
  cursor: keptText(128).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});
export const connectionsPageShape = z.object({ connections: z.array(connectionViewShape), nextCursor: z.string().nullable() });

/** `connections.authorize`: for whom, with what, and where the browser goes afterwards. */
export const authorizeInput = z
  .object({
    integration: integrationIdShape,
    subject: subjectShape,
    /** Left out: the integration's `scopes`. */
    scopes: scopesShape.optional(),
    /** Renews this connection instead of making another. */
    connectionId: connectionIdShape.optional(),
    /** Lets another account at the provider take the place of the one that the connection has; goes with `connectionId`. */
    allowAccountChange: z.boolean().optional(),
    /** An absolute URL on one of `returnOrigins`. */
    returnTo: z
      .url({ protocol: /^https?$/, error: "an absolute http(s) URL" })
      .max(2048)
      .optional(),
    /**
     * The page that opened a popup and is told when the flow has ended; one of `allowedOrigins` or `returnOrigins`. Where it does not
     * answer `{ received: "evergrant" }` within a second, the popup goes on to `returnTo`.
     */
    openerOrigin: originShape.optional(),
  })
  .refine(({ allowAccountChange, connectionId }) => allowAccountChange !== true || connectionId !== undefined, {
    path: ["allowAccountChange"],
    error: "goes with connectionId: the connection whose account may change",
  });
export type AuthorizeInput = z.infer<typeof authorizeInput>;

export const authorizeResult = z.object({
  /** A connect link; opening it starts a flow, making it stores nothing. */
  authorizeUrl: z.string(),
  expiresAt: instant,
});

export const confirmInput = z.object({
  confirmation: z.string().min(1, "empty: give what came back with the browser at returnTo").max(256),
  subject: subjectShape,
});

export const disconnectInput = z.object({ connectionId: connectionIdShape });

/**
 * What became of the tokens at the provider: `revoked`; `unsupported`: it offers no revocation;
 * `unreachable`: it did not answer, so they end when they expire; `nothing_held`: there was none.
 */
export const revocationOutcomeShape = z.enum(["revoked", "unsupported", "unreachable", "nothing_held"]);
export type RevocationOutcome = z.infer<typeof revocationOutcomeShape>;
export const disconnectResult = z.object({
  connectionId: z.string(),
  revocation: revocationOutcomeShape,
  /** Other connections of the same account that the revocation may have ended too; they are refreshed soon, which tells. */
  rechecked: z.array(z.string()),
});

/** Why a flow ended without a connection: the `error` that the browser carries. */
export const flowErrorShape = z.enum([
  "access_denied",
  "link_invalid",
  "link_expired",
  "request_unknown",
  "request_expired",
  "request_used",
  "other_browser",
  "issuer_mismatch",
  "account_mismatch",
  "account_taken",
  "id_token_invalid",
  "integration_unavailable",
  "provider_error",
  "exchange_failed",
  "server_error",
  "response_invalid",
  "temporarily_unavailable",
]);
export type FlowError = z.infer<typeof flowErrorShape>;
