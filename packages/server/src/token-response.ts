/**
 * A token endpoint's answer (RFC 6749 §5), read as it comes in the wild: what a 200 brought is taken first and judged later,
 * since by then a rotating server has already spent the refresh token.
 */
import { parseGrantedScopes } from "@evergrant/providers";
import { type AuthorizationServerFacts, Secret, looksSecret } from "@evergrant/schema";
import { idAt, nameAt, parseExactly, textAt, valueAt } from "./json-path.ts";

/** What a grant brought. Spans are as the server gave them; null where it gave none. */
export interface TokenSet {
  readonly accessToken: Secret;
  readonly tokenType: string;
  /** Null when the server kept the old one (RFC 6749 §6). */
  readonly refreshToken: Secret | null;
  /** Null means unchanged, or as requested (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | null;
  readonly expiresInSeconds: number | null;
  readonly refreshTokenExpiresInSeconds: number | null;
  /** What the provider's `captures` name, by path. */
  readonly captured: Readonly<Record<string, string>>;
  /** Where the provider names the account beside the token. */
  readonly account: { readonly id: string; readonly label: string | null } | null;
}

/** A refusal in the terms of RFC 6749 §5.2. */
export interface TokenError {
  readonly status: number;
  /** The `error` code, or what the provider's `errorMap` makes of a code of its own; null where the body has none. */
  readonly error: string | null;
  /** From `Retry-After` (RFC 9110 §10.2.3), counted from now; null where absent or nonsense. */
  readonly retryAfterSeconds: number | null;
  /** A success status whose body could not be read as a token set: the grant may have been used up. */
  readonly succeeded: boolean;
}

export type TokenResponse =
  /** `idToken` as it came: nobody has validated it. */
  | { readonly kind: "tokens"; readonly tokenSet: TokenSet; readonly idToken: Secret | null }
  | { readonly kind: "error"; readonly error: TokenError };

type Body = Record<string, unknown>;

/**
 * An access token (RFC 6749 appendix A.12) that can be sent in a header field as it is: visible ASCII, with spaces inside at most.
 *
 * As long as an import takes it: servers read no more than that of a whole request's head.
 */
const accessTokenForm = /^[\x21-\x7e](?:[\x20-\x7e]{0,16382}[\x21-\x7e])?$/;
/** A type's name (RFC 6749 appendix A.13); it is written into a header field before the token. */
const tokenTypeForm = /^[A-Za-z0-9._~+-]{1,64}$/;
/** Longest lifetime that is believed: ten years. */
const maxLifetimeSeconds = 10 * 365 * 86_400;
const maxRetryAfterSeconds = 86_400;

/**
 * Reads a token endpoint's answer. Never throws for anything a server can send.
 *
 * Taken as meant: a form in the place of JSON, `expires_in` as a numeric string, `scope` as an array or with commas, a missing
 * `token_type`, 201 for 200, an empty `refresh_token`, errors with a success status, and what the provider's adapter and error map put right. What cannot be sent as an
 * access token is none.
 */
export async function readTokenResponse(response: Response, facts: AuthorizationServerFacts, now: () => Date): Promise<TokenResponse> {
  const adapted = adapt(parseBody(await response.text(), response.headers.get("content-type")), facts);
  const { body } = adapted;
  const refused = (error: string | null): TokenResponse => ({
    kind: "error",
    error: {
      status: response.status,
      error,
      retryAfterSeconds: retryAfterSeconds(response, now),
      succeeded: response.ok && error === null,
    },
  });
  const error = refusalIn(adapted, facts);
  if (error !== null || !response.ok || body === null) return refused(error);
  const accessToken = textAt(body, "access_token");
  if (accessToken === null || !accessTokenForm.test(accessToken)) return refused(null);
  return { kind: "tokens", tokenSet: toTokenSet(body, accessToken, facts, now), idToken: secretAt(body, "id_token") };
}

/** The `error` of a refusal in any answer of the server's, in the words of RFC 6749 §5.2; null where its body holds none. */
export function readRefusal(text: string, facts: AuthorizationServerFacts): string | null {
  return refusalIn(adapt(parseJson(text), facts), facts);
}

function refusalIn({ body, refusal }: { body: Body | null; refusal: string | null }, facts: AuthorizationServerFacts): string | null {
  return body === null ? null : (mappedError(body, facts) ?? refusal ?? ownError(body));
}

/** `Retry-After` in both its forms (RFC 9110 §10.2.3), in seconds from now; null where there is none. */
export function retryAfterSeconds(response: Response, now: () => Date): number | null {
  const value = response.headers.get("retry-after");
  if (value === null) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now().getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), maxRetryAfterSeconds) : null;
}

/** JSON whatever it is called; or a form, which some servers answer with whatever they are asked for. */
function parseBody(text: string, contentType: string | null): Body | null {
  const isForm = /^\s*application\/x-www-form-urlencoded\b/i.test(contentType ?? "");
  return parseJson(text) ?? (isForm ? Object.fromEntries(new URLSearchParams(text)) : null);
}

function parseJson(text: string): Body | null {
  try {
    const value = parseExactly(text);
    return isBody(value) ? value : null;
  } catch {
    return null;
  }
}

/** Puts a known deviation right: where the token stands, and what says that it was refused. */
function adapt(body: Body | null, { responseAdapter }: AuthorizationServerFacts): { body: Body | null; refusal: string | null } {
  if (body === null || responseAdapter === undefined || responseAdapter === "error_in_200") return { body, refusal: null };
  if (responseAdapter === "status_body") {
    const { status, body: inner } = body;
    if ((status === 0 || status === "0") && isBody(inner)) return { body: inner, refusal: null };
    return { body, refusal: typeof status === "number" || typeof status === "string" ? `status_${status}` : null };
  }
  if (body["ok"] === false) return { body, refusal: ownError(body) ?? "unknown_error" };
  const authedUser = body["authed_user"];
  const isUsers = responseAdapter === "authed_user" && isBody(authedUser) && typeof authedUser["access_token"] === "string";
  return { body: isUsers ? { ...body, ...authedUser } : body, refusal: null };
}

/** What the first fitting rule of the provider's error map makes of its codes. */
function mappedError(body: Body, { errorMap }: AuthorizationServerFacts): string | null {
  const words = ["error_description", "message", "error.message", "error"].map((path) => textAt(body, path));
  const description = (words.find((text) => text !== null) ?? "").toLowerCase();
  const rule = errorMap.find(({ member, codes, containing }) => {
    const found = valueAt(body, member);
    const present = (Array.isArray(found) ? found : [found]).filter((code) => typeof code === "string" || typeof code === "number");
    return (
      present.some((code) => codes.includes(String(code))) && (containing === undefined || description.includes(containing.toLowerCase()))
    );
  });
  return rule?.means ?? null;
}

/** A server that answers errors with 200 is known by `error`, whatever adapter is named: no token response has that member. */
function ownError(body: Body): string | null {
  return typeof body["error"] === "string" && body["error"] !== "" ? toErrorCode(body["error"]) : null;
}

/** In the place of an `error` that is no code but a sentence, or what the server was sent. */
export const unrepeatable = "unrepeatable";

/** An `error` as a server sent it, if it is a code (RFC 6749 §5.2) that may be repeated in logs and events. */
export function toErrorCode(text: string): string {
  return /^\w[\w.]{0,63}$/.test(text) && !looksSecret(text) ? text : unrepeatable;
}

function secretAt(body: Body, member: string): Secret | null {
  const text = textAt(body, member);
  return text === null ? null : new Secret(text);
}

function toTokenSet(body: Body, accessToken: string, facts: AuthorizationServerFacts, now: () => Date): TokenSet {
  const { tokenFields: fields } = facts;
  const spanUntil = (field: string | undefined) => (field === undefined ? null : untilInstant(valueAt(body, field), now));
  return {
    accessToken: new Secret(accessToken),
    tokenType: tokenTypeOf(body["token_type"]),
    refreshToken: secretAt(body, "refresh_token"),
    scopes: parseGrantedScopes(valueAt(body, fields.scope)),
    expiresInSeconds: spanOf(valueAt(body, fields.expiresIn)) ?? spanUntil(fields.expiresAt),
    refreshTokenExpiresInSeconds:
      spanOf(valueAt(body, fields.refreshTokenExpiresIn)) ??
      spanUntil(fields.refreshTokenExpiresAt) ??
      // Keycloak's name for it, and that of those who build on it.
      spanOf(body["refresh_expires_in"]),
    captured: Object.fromEntries(
      facts.captures.token.flatMap((path) => {
        const value = nameAt(body, path, 1_024);
        return value === null ? [] : [[path, value] as const];
      }),
    ),
    account: accountOf(body, facts),
  };
}

function accountOf(body: Body, { accountIn }: AuthorizationServerFacts): TokenSet["account"] {
  if (accountIn?.source !== "token_response") return null;
  const id = idAt(body, accountIn.idPath);
  return id === null ? null : { id, label: nameAt(body, accountIn.labelPath, 256) };
}

function tokenTypeOf(value: unknown): string {
  // "bearer" in any case is one type (RFC 6749 §5.1), and is written as RFC 6750 writes it.
  return typeof value !== "string" || !tokenTypeForm.test(value) || value.toLowerCase() === "bearer" ? "Bearer" : value;
}

function spanOf(value: unknown): number | null {
  const seconds = typeof value === "string" && /^\s*\d{1,12}(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  // Nought or less is how some servers say "no expiry": no token is issued already dead.
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.min(Math.floor(seconds) || 1, maxLifetimeSeconds);
}

/** The span until an instant, which is ISO 8601 or in seconds since 1970. */
function untilInstant(value: unknown, now: () => Date): number | null {
  const isSeconds = typeof value === "number" || (typeof value === "string" && /^\d{1,12}$/.test(value));
  const instantMs = isSeconds ? Number(value) * 1000 : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(instantMs) ? spanOf((instantMs - now().getTime()) / 1000) : null;
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
