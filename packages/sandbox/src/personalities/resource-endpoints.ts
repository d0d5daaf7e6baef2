/**
 * What an access token is good for at a personality: the account's own description, a call of the API, and its own revocation.
 */
import type { Answer, Endpoint, Surroundings } from "./behaviour.ts";
import { json } from "./behaviour.ts";
import type { Grant } from "./ledger.ts";
import type { ProviderRequest } from "./provider-request.ts";

export interface ResourceOptions {
  /** The header that carries the token, and what stands before it there; `Authorization: Bearer` if left out. */
  readonly header?: string;
  readonly scheme?: string;
  /** A refusal for what else the API demands, such as a version; null where all is well. */
  readonly demand?: (request: ProviderRequest) => Answer | null;
  readonly answer: (grant: Grant, surroundings: Surroundings) => unknown;
  /** Without a token that works; 401 if left out. */
  readonly refuse?: Answer;
}

/** Makes an endpoint that answers whoever brings a working access token (RFC 6750 §2.1, or as the provider has it). */
export function resource(options: ResourceOptions): Endpoint {
  const refuse = options.refuse ?? json(401, { error: "invalid_token" });
  return {
    operationOf: () => "resource",
    answer: (request, surroundings) => {
      const unmet = options.demand?.(request) ?? null;
      if (unmet !== null) return unmet;
      const presented = surroundings.ledger.accessToken(carriedToken(request, options) ?? "");
      return presented === null ? refuse : json(200, options.answer(presented.grant, surroundings));
    },
  };
}

export interface RevocationOptions {
  /** The token to end, as the request names it. */
  readonly token: (request: ProviderRequest) => string | undefined;
  /** Which kinds of token are taken. */
  readonly takes: "access" | "refresh" | "either";
  readonly clientIn: "basic" | "body" | "none";
  readonly clientIdParameter?: string;
  readonly demand?: (request: ProviderRequest) => Answer | null;
  /** `token`: that access token only. `account`: every grant of the account. */
  readonly ends: "token" | "grant" | "account";
  readonly done: Answer;
  /** For a token that it does not know. */
  readonly unknown: Answer;
  /** For a while, in its own words; 503 if left out. */
  readonly failing?: Answer;
}

/** Makes an endpoint that ends tokens (RFC 7009, or as the provider has it). */
export function revocationEndpoint(options: RevocationOptions): Endpoint {
  return {
    operationOf: () => "revocation",
    answer: (request, surroundings) => {
      if (surroundings.takeFailure("revocation") !== null) return options.failing ?? { status: 503 };
      const unmet = options.demand?.(request) ?? null;
      if (unmet !== null) return unmet;
      if (!isClient(options, request, surroundings)) return json(401, { error: "invalid_client" });
      const { ledger } = surroundings;
      const value = options.token(request) ?? "";
      const access = options.takes === "refresh" ? null : ledger.accessToken(value);
      const grant = access?.grant ?? (options.takes === "access" ? null : ledger.refreshToken(value));
      if (grant === null) return options.unknown;
      if (options.ends === "account") ledger.endAll();
      else if (options.ends === "token" && access !== null) access.ended = true;
      else grant.ended = true;
      return options.done;
    },
  };
}

/** The token that a request carries as one to the API would. */
export function carriedToken(request: ProviderRequest, { header = "authorization", scheme = "Bearer" } = {}): string | undefined {
  const value = request.header(header) ?? "";
  if (scheme === "") return value;
  return value.startsWith(`${scheme} `) ? value.slice(scheme.length + 1) : undefined;
}

function isClient(
  { clientIn, clientIdParameter = "client_id" }: RevocationOptions,
  { basic, body }: ProviderRequest,
  { client }: Surroundings,
): boolean {
  if (clientIn === "basic") return basic?.id === client.clientId && basic.secret === client.clientSecret;
  return clientIn === "none" || (body[clientIdParameter] === client.clientId && body["client_secret"] === client.clientSecret);
}
