/**
 * A token endpoint's answer (RFC 6749 §5), read as it comes in the wild: what a 200 brought is taken first and judged later,
 * since by then a rotating server has already spent the refresh token.
 */
import { parseGrantedScopes } from "@evergrant/providers";
import type { AuthorizationServerFacts } from "@evergrant/schema";

/** What a grant brought. Spans are as the server gave them; null where it gave none. */
export interface TokenSet {
  readonly accessToken: string;
  readonly tokenType: string;
  /** Absent when the server kept the old one (RFC 6749 §6). */
  readonly refreshToken: string | null;
  /** Null means unchanged, or as requested (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | null;
  readonly expiresInSeconds: number | null;
  readonly refreshTokenExpiresInSeconds: number | null;
}

/** A refusal in the terms of RFC 6749 §5.2. */
export interface TokenError {
  readonly status: number;
  /** The `error` code, or what an adapter made of a provider's own; null where the body has none. */
  readonly error: string | null;
  /** From `Retry-After` (RFC 9110 §10.2.3), counted from now; null where absent or nonsense. */
  readonly retryAfterSeconds: number | null;
  /** A success status whose body could not be read as a token set: the grant may have been used up. */
  readonly succeeded: boolean;
}

export type TokenResponse =
  | { readonly kind: "tokens"; readonly tokenSet: TokenSet }
  | { readonly kind: "error"; readonly error: TokenError };

/** Longest lifetime that is believed: ten years. */
const maxLifetimeSeconds = 10 * 365 * 86_400;
const maxRetryAfterSeconds = 86_400;

/**
 * Reads a token endpoint's answer. Never throws for anything a server can send.
 *
 * Taken as meant: `expires_in` as a numeric string, `scope` as an array or with commas, a missing `token_type`, 201 for 200,
 * an empty `refresh_token`, and errors with a success status where the provider's `responseAdapter` says so.
 */
export async function readTokenResponse(response: Response, facts: AuthorizationServerFacts, now: () => Date): Promise<TokenResponse> {
  const body = parseJson(await response.text());
  const refused = (error: string | null): TokenResponse => ({
    kind: "error",
    error: {
      status: response.status,
      error,
      retryAfterSeconds: retryAfterSeconds(response, now),
      succeeded: response.ok && error === null,
    },
  });
  const error = errorOf(body, facts);
  if (error !== null || !response.ok || body === null) return refused(error);
  const accessToken = textOf(body["access_token"]);
  if (accessToken === null) return refused(null);
  return {
    kind: "tokens",
    tokenSet: {
      accessToken,
      tokenType: tokenTypeOf(body["token_type"]),
      refreshToken: textOf(body["refresh_token"]),
      scopes: parseGrantedScopes(body["scope"]),
      expiresInSeconds: spanOf(body["expires_in"]),
      refreshTokenExpiresInSeconds: spanOf(body["refresh_token_expires_in"]) ?? spanOf(body["refresh_expires_in"]),
    },
  };
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function errorOf(body: Record<string, unknown> | null, facts: AuthorizationServerFacts): string | null {
  if (body === null) return null;
  // A server that answers errors with 200 is known by `error`, whatever adapter is named: no token response has that member.
  if (typeof body["error"] === "string" && body["error"] !== "") return body["error"].slice(0, 128);
  if (facts.responseAdapter === "ok_false" && body["ok"] === false) return "unknown_error";
  return null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function tokenTypeOf(value: unknown): string {
  // "bearer" in any case is one type (RFC 6749 §5.1), and is written as RFC 6750 writes it.
  return typeof value !== "string" || value === "" || value.toLowerCase() === "bearer" ? "Bearer" : value.slice(0, 64);
}

function spanOf(value: unknown): number | null {
  const seconds = typeof value === "string" && /^\d{1,12}(\.\d+)?$/.test(value) ? Number(value) : value;
  // Nought or less is how some servers say "no expiry": no token is issued already dead.
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.min(Math.floor(seconds) || 1, maxLifetimeSeconds);
}

function retryAfterSeconds(response: Response, now: () => Date): number | null {
  const value = response.headers.get("retry-after");
  if (value === null) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now().getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds) : null;
}
