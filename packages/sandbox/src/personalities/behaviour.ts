/**
 * What one provider is documented to do, in the form that the personalities' engine works by.
 */
import type { Ledger } from "./ledger.ts";
import type { ProviderRequest } from "./provider-request.ts";

/** An HTTP answer: an object goes out as JSON, a text as it is. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request was for. `exchange` is Meta's trade of a short-lived token, `renewal` that of a long-lived one. */
export type Operation = "authorization" | "code" | "refresh" | "exchange" | "renewal" | "revocation" | "resource" | "nothing";

/** How a request is to fail, in the provider's own words: `client` is what it says to a client whose secret it does not know. */
export type Failure = "transient" | "rate" | "client";

/** Why a token endpoint says no. */
export type Refusal = Failure | "code" | "refresh_token" | "request" | "grant_type";
export type Refusals = Readonly<Record<Refusal, Answer>>;

/** What an endpoint is handed beside the request. */
export interface Surroundings {
  readonly ledger: Ledger;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly account: Account;
  readonly redirectUris: ReadonlySet<string>;
  readonly now: () => Date;
  /** Where a documented URL is served on this machine. */
  readonly local: (url: string) => string;
  /** The failure that was ordered for the next request of this kind; it is given once. */
  readonly takeFailure: (operation: Operation) => Failure | null;
}

/** The account whose owner consents. */
export interface Account {
  readonly id: string;
  readonly label: string;
}

export interface Endpoint {
  readonly operationOf: (request: ProviderRequest, surroundings: Surroundings) => Operation;
  readonly answer: (request: ProviderRequest, surroundings: Surroundings) => Answer;
}

export interface Behaviour {
  /** The catalogue's id of the provider. */
  readonly provider: string;
  /** The provider's own pages, or where an answer was seen that no page shows. */
  readonly sources: readonly string[];
  readonly account: Account;
  /** What stands for the `{names}` in a catalogue entry's URLs. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Scopes to ask for: two, so that the separator between them shows. */
  readonly scopes: readonly string[];
  /** A scope to ask for later, where the provider takes such ones apart. */
  readonly optionalScopes?: readonly string[];
  /** A documented call of the provider's API. */
  readonly apiUrl: string;
  /** By method and documented URL without its query; `{clientId}` may stand in it. */
  readonly endpoints: Readonly<Record<string, Endpoint>>;
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body, headers };
}

/** The refusals of RFC 6749 §5.2, over which a provider's own are laid. */
export function refusals(own: Partial<Refusals> = {}): Refusals {
  const error = (code: string, description: string) => json(400, { error: code, error_description: description });
  return {
    client: json(401, { error: "invalid_client", error_description: "Client authentication failed" }),
    code: error("invalid_grant", "The authorization code is invalid or expired"),
    refresh_token: error("invalid_grant", "The refresh token is invalid, expired or revoked"),
    request: error("invalid_request", "A required parameter is missing or malformed"),
    grant_type: error("unsupported_grant_type", "The grant type is not supported"),
    transient: { status: 503, body: "<html><body>Service Unavailable</body></html>", headers: { "content-type": "text/html" } },
    rate: json(429, { error: "rate_limited", message: "Too many requests" }, { "retry-after": "30" }),
    ...own,
  };
}
