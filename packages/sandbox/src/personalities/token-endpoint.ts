/**
 * The token endpoint of a personality: the two grants of RFC 6749 as the provider documents them, and its refusals in its own words.
 */
import { createHash } from "node:crypto";
import type { Answer, Endpoint, Operation, Refusal, Refusals, Surroundings } from "./behaviour.ts";
import { json } from "./behaviour.ts";
import type { Grant, Issued } from "./ledger.ts";
import type { ProviderRequest } from "./provider-request.ts";

export interface TokenOptions {
  /** Where the client's secret is taken from; the other place is not looked at. */
  readonly clientIn: "basic" | "body" | "either";
  readonly clientIdParameter?: string;
  readonly format?: "form" | "json" | "either";
  /** Left out, both. */
  readonly grants?: readonly ("authorization_code" | "refresh_token")[];
  /** Whether `grant_type` may be left out, the parameters telling which grant it is. */
  readonly grantTypeOptional?: boolean;
  /** Parameters that every request must have, with these values. */
  readonly required?: Readonly<Record<string, string>>;
  /** Parameters that a refresh token grant must have. */
  readonly requiredAtRefresh?: readonly string[];
  /** Null: access tokens do not expire, or the answer does not say when. */
  readonly lifetimeSeconds: number | null;
  /** `strict`: a refresh token works once. `none`: it stays, and is in no answer but the first. */
  readonly rotation: "none" | "strict";
  readonly refreshEndsAccessToken?: boolean;
  /** Whether a code brings a refresh token; left out, where the authorization request asked for one. */
  readonly issuesRefreshToken?: (request: ProviderRequest, grant: Grant) => boolean;
  /** The origin that it answers for, where the provider has several. */
  readonly home?: string;
  readonly answer: (issued: Issued, surroundings: Surroundings, request: ProviderRequest) => Answer | Readonly<Record<string, unknown>>;
  readonly refuse: Refusals;
}

/** Makes a token endpoint (RFC 6749 §3.2) with a provider's own demands and words. */
export function tokenEndpoint(options: TokenOptions): Endpoint {
  return {
    operationOf,
    answer: (request, surroundings) => {
      const failure = surroundings.takeFailure(operationOf(request));
      const outcome = failure ?? grant(options, request, surroundings);
      if (typeof outcome === "string") return options.refuse[outcome];
      const answer = options.answer(outcome, surroundings, request);
      return isAnswer(answer) ? answer : json(200, answer);
    },
  };
}

function operationOf({ body }: ProviderRequest): Operation {
  return body["grant_type"] === "refresh_token" || (body["grant_type"] === undefined && "refresh_token" in body) ? "refresh" : "code";
}

function grant(options: TokenOptions, request: ProviderRequest, surroundings: Surroundings): Issued | Refusal {
  const { body } = request;
  const { format = "form", grants = ["authorization_code", "refresh_token"], required = {} } = options;
  if (format === "either" ? request.format === "other" : request.format !== format) return "request";
  if (!isClient(options, request, surroundings)) return "client";
  if (Object.entries(required).some(([name, value]) => body[name] !== value)) return "request";
  const grantType = operationOf(request) === "refresh" ? "refresh_token" : "authorization_code";
  if (body["grant_type"] !== grantType && !(options.grantTypeOptional === true && body["grant_type"] === undefined)) return "grant_type";
  if (!grants.includes(grantType)) return "grant_type";
  return grantType === "refresh_token" ? refresh(options, request, surroundings) : redeem(options, request, surroundings);
}

function redeem(options: TokenOptions, request: ProviderRequest, { ledger }: Surroundings): Issued | Refusal {
  const { body } = request;
  if (body["code"] === undefined) return "request";
  const found = ledger.redeem(body["code"]);
  if (found === null || found.redirectUri !== body["redirect_uri"] || isElsewhere(found, options)) return "code";
  if (found.codeChallenge !== null && found.codeChallenge !== s256(body["code_verifier"] ?? "")) return "code";
  const withRefreshToken = options.issuesRefreshToken?.(request, found) ?? found.offline;
  return ledger.issue(found, { lifetimeSeconds: options.lifetimeSeconds, withRefreshToken });
}

function refresh(options: TokenOptions, { body }: ProviderRequest, { ledger }: Surroundings): Issued | Refusal {
  const { refresh_token: token } = body;
  if (token === undefined || (options.requiredAtRefresh ?? []).some((name) => (body[name] ?? "") === "")) return "request";
  const found = ledger.refreshToken(token);
  if (found === null || isElsewhere(found, options)) return "refresh_token";
  if (options.rotation === "strict") ledger.spend(token);
  if (options.refreshEndsAccessToken === true) ledger.endAccessTokens(found);
  return ledger.issue(found, { lifetimeSeconds: options.lifetimeSeconds, withRefreshToken: options.rotation === "strict" });
}

function isClient({ clientIn, clientIdParameter = "client_id" }: TokenOptions, { basic, body }: ProviderRequest, { client }: Surroundings) {
  const byBasic = basic?.id === client.clientId && basic.secret === client.clientSecret;
  const byBody = body[clientIdParameter] === client.clientId && body["client_secret"] === client.clientSecret;
  return clientIn === "basic" ? byBasic : clientIn === "body" ? byBody : byBasic || byBody;
}

function isElsewhere(found: Grant, { home }: TokenOptions): boolean {
  return home !== undefined && found.home !== home;
}

function s256(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

function isAnswer(answer: Answer | Readonly<Record<string, unknown>>): answer is Answer {
  return typeof answer["status"] === "number" && "headers" in answer;
}
