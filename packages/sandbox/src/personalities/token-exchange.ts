/**
 * Trading one access token for another, as Meta's servers have it in the place of refresh tokens.
 */
import type { Endpoint, Operation, Refusals, Surroundings } from "./behaviour.ts";
import { json } from "./behaviour.ts";
import type { AccessToken } from "./ledger.ts";
import type { ProviderRequest } from "./provider-request.ts";

export interface ExchangeOptions {
  readonly grantType: string;
  /** The query parameter that carries the access token. */
  readonly tokenParameter: string;
  /** Query parameters by which the client proves itself; `client_secret` alone, both, or none. */
  readonly client: readonly ("client_id" | "client_secret")[];
  /** Which tokens it takes. */
  readonly takes: "short" | "long" | "any";
  /** How old a long-lived token must be. */
  readonly minimumAgeSeconds: number;
  readonly lifetimeSeconds: number;
  readonly refuse: Refusals;
}

/** Makes an endpoint that answers a GET with a long-lived access token. */
export function tokenExchange(options: ExchangeOptions): Endpoint {
  return {
    operationOf: ({ query }, surroundings) => operationOf(options, query, surroundings),
    answer: ({ query }, surroundings) => {
      const failure = surroundings.takeFailure(operationOf(options, query, surroundings));
      if (failure !== null) return options.refuse[failure];
      if (!isClient(options, { query }, surroundings)) return options.refuse.client;
      if (query.get("grant_type") !== options.grantType) return options.refuse.grant_type;
      const presented = surroundings.ledger.accessToken(query.get(options.tokenParameter) ?? "");
      if (presented === null || !isTaken(options, presented, surroundings)) return options.refuse.refresh_token;
      const issued = surroundings.ledger.issue(presented.grant, {
        lifetimeSeconds: options.lifetimeSeconds,
        withRefreshToken: false,
        longLived: true,
      });
      return json(200, { access_token: issued.accessToken, token_type: "bearer", expires_in: issued.expiresInSeconds });
    },
  };
}

/** What is presented tells which it is, since one address may serve both; of a token that is gone nobody can say. */
function operationOf({ takes, tokenParameter }: ExchangeOptions, query: URLSearchParams, { ledger }: Surroundings): Operation {
  if (takes !== "any") return takes === "long" ? "renewal" : "exchange";
  return ledger.accessToken(query.get(tokenParameter) ?? "")?.longLived === false ? "exchange" : "renewal";
}

function isClient(
  { client }: ExchangeOptions,
  { query }: Pick<ProviderRequest, "query">,
  { client: { clientId, clientSecret } }: Surroundings,
) {
  const known = { client_id: clientId, client_secret: clientSecret };
  return client.every((name) => query.get(name) === known[name]);
}

function isTaken({ takes, minimumAgeSeconds }: ExchangeOptions, { longLived, issuedAtMs }: AccessToken, { now }: Surroundings): boolean {
  if (takes !== "any" && longLived !== (takes === "long")) return false;
  return !longLived || now().getTime() - issuedAtMs >= minimumAgeSeconds * 1000;
}
