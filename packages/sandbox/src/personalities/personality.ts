/**
 * A personality: one provider's documented behaviour over HTTP, where a test can say what it is to do next and see what it was asked.
 */
import type { RequestListener, ServerResponse } from "node:http";
import { SandboxError } from "../errors.ts";
import type { Account, Answer, Behaviour, Failure, Operation, Surroundings } from "./behaviour.ts";
import { type PersonalityId, behaviours } from "./behaviours.ts";
import { createLedger } from "./ledger.ts";
import { type EndpointFacts, mapEndpoints, originOf, originsOf, serveOrigins } from "./places.ts";
import { readProviderRequest } from "./provider-request.ts";

export interface PersonalityOptions<Facts extends EndpointFacts> {
  /** Reads a provider's facts from the catalogue, by its id there. */
  readonly load: (id: string) => Promise<Facts | undefined>;
  /** The clock by which codes and tokens expire. */
  readonly now: () => Date;
  /** The client's redirection endpoints. */
  readonly redirectUris: readonly string[];
}

/** What one request was, and how it was answered. */
export interface SeenRequest {
  readonly operation: Operation;
  /** The method and the provider's own URL, without its query. */
  readonly at: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, string>>;
  readonly status: number;
}

/** A running personality. */
export interface Personality<Facts extends EndpointFacts = EndpointFacts> extends AsyncDisposable {
  /** The facts as they were given, but for their origins: those are of this machine now. */
  readonly provider: Facts;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  /** Who consents. */
  readonly account: Account;
  /** Scopes that it knows, to ask for. */
  readonly scopes: readonly string[];
  /** Such as it takes apart from those that the app is registered with. */
  readonly optionalScopes: readonly string[];
  /** A call of the provider's API, for whoever brings an access token in its way. */
  readonly apiUrl: string;
  /** Where a documented URL is served here. */
  readonly local: (url: string) => string;
  /** What it was asked, in order. */
  readonly seen: (operation?: Operation) => SeenRequest[];
  /** Answers the next request of a kind with a failure, in the provider's own words. */
  readonly failNext: (operation: Operation, failure: Failure) => void;
  /** Ends every grant, as the owner might in the provider's settings; the result is how many. */
  readonly revokeGrants: () => number;
  readonly livingGrants: () => number;
  readonly close: () => Promise<void>;
}

const client = { clientId: "evergrant-client", clientSecret: "personality-secret-for-tests-only" };

/**
 * Starts a personality on 127.0.0.1, each of the provider's origins on a port of its own. Everything lives in memory.
 *
 * @throws {SandboxError} `invalid_option`: there are no facts of its provider.
 * @example
 * await using slack = await startPersonality("slack", { load: loadProvider, now: () => new Date(), redirectUris: [callback] });
 * slack.failNext("refresh", "rate");
 */
export async function startPersonality<Facts extends EndpointFacts>(
  id: PersonalityId,
  { load, now, redirectUris }: PersonalityOptions<Facts>,
): Promise<Personality<Facts>> {
  const behaviour: Behaviour = behaviours[id];
  const facts = await load(behaviour.provider);
  if (facts === undefined) throw new SandboxError("invalid_option", `load: it knows no provider ${behaviour.provider}, which ${id} needs.`);
  const endpoints = new Map(
    Object.entries(behaviour.endpoints).map(([at, endpoint]) => [at.replace("{clientId}", client.clientId), endpoint]),
  );
  const documented = [...endpoints.keys()].map((at) => originOf(at.slice(at.indexOf(" ") + 1)));
  const ledger = createLedger(now);
  const seen: SeenRequest[] = [];
  const failures: { operation: Operation; failure: Failure }[] = [];
  let ports: ReadonlyMap<string, string> = new Map();

  const local = (url: string) => url.replace(originOf(url), ports.get(originOf(url)) ?? originOf(url));
  const surroundings: Surroundings = {
    ledger,
    client,
    account: behaviour.account,
    redirectUris: new Set(redirectUris),
    now,
    local,
    takeFailure: (operation) => {
      const index = failures.findIndex((ordered) => ordered.operation === operation);
      return index === -1 ? null : (failures.splice(index, 1)[0]?.failure ?? null);
    },
  };

  const listenerOf =
    (origin: string): RequestListener =>
    (message, response) => {
      const serve = async () => {
        const request = await readProviderRequest(message, origin);
        const endpoint = endpoints.get(request.at);
        const operation = endpoint?.operationOf(request, surroundings) ?? "nothing";
        const answer = endpoint?.answer(request, surroundings) ?? { status: 404, body: `Not Found: ${request.at}` };
        seen.push({ operation, at: request.at, query: request.query, body: request.body, status: answer.status });
        send(answer, response);
      };
      serve().catch((error: unknown) => send({ status: 500, body: `The personality itself failed: ${String(error)}` }, response));
    };
  const served = await serveOrigins(
    new Set([...documented, ...originsOf(facts, behaviour.parameters), originOf(behaviour.apiUrl)]),
    listenerOf,
  );
  ({ ports } = served);

  return {
    provider: mapEndpoints(facts, behaviour.parameters, local),
    client,
    account: behaviour.account,
    scopes: behaviour.scopes,
    optionalScopes: behaviour.optionalScopes ?? [],
    apiUrl: local(behaviour.apiUrl),
    local,
    seen: (operation) => seen.filter((request) => operation === undefined || request.operation === operation),
    failNext: (operation, failure) => {
      failures.push({ operation, failure });
    },
    revokeGrants: ledger.endAll,
    livingGrants: () => ledger.living().length,
    close: served.close,
    [Symbol.asyncDispose]: served.close,
  };
}

function send({ status, body, headers = {} }: Answer, response: ServerResponse): void {
  const isText = typeof body === "string";
  const type = body === undefined ? {} : { "content-type": isText ? "text/plain; charset=utf-8" : "application/json" };
  response.writeHead(status, { ...type, ...headers });
  response.end(body === undefined ? "" : isText ? body : JSON.stringify(body));
}
