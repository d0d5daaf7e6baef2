/**
 * Where a provider's documented origins are served on this machine: each on a port of its own, so that a request to the wrong host fails
 * as it would out there.
 */
import { type RequestListener, type Server, createServer } from "node:http";

/** The endpoints in a provider's facts; whatever else they hold is left as it is. */
export interface EndpointFacts {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly issuer?: string | undefined;
  readonly refreshEndpoint?: string | undefined;
  readonly revocation?: { readonly endpoint: string } | undefined;
  readonly account?: { readonly endpoint: string } | undefined;
  readonly longLivedExchange?: { readonly endpoint: string } | undefined;
  readonly accessTokenRenewal?: { readonly endpoint: string } | undefined;
  readonly callbackOrigin?: { readonly parameter: string; readonly origins: readonly string[] } | undefined;
  readonly urlParameters: readonly string[];
}

/** The facts with their URL parameters filled, and every endpoint put through `map`; the origins of a callback by `mapOrigin`. */
export function mapEndpoints<Facts extends EndpointFacts>(
  facts: Facts,
  parameters: Readonly<Record<string, string>>,
  map: (endpoint: string) => string,
): Facts {
  const put = (endpoint: string) => map(fillUrl(endpoint, parameters));
  const { revocation, account, longLivedExchange, accessTokenRenewal, callbackOrigin } = facts;
  return {
    ...facts,
    urlParameters: [],
    authorizationEndpoint: put(facts.authorizationEndpoint),
    tokenEndpoint: put(facts.tokenEndpoint),
    ...(facts.issuer === undefined ? {} : { issuer: put(facts.issuer) }),
    ...(facts.refreshEndpoint === undefined ? {} : { refreshEndpoint: put(facts.refreshEndpoint) }),
    ...(revocation === undefined ? {} : { revocation: { ...revocation, endpoint: put(revocation.endpoint) } }),
    ...(account === undefined ? {} : { account: { ...account, endpoint: put(account.endpoint) } }),
    ...(longLivedExchange === undefined ? {} : { longLivedExchange: { ...longLivedExchange, endpoint: put(longLivedExchange.endpoint) } }),
    ...(accessTokenRenewal === undefined
      ? {}
      : { accessTokenRenewal: { ...accessTokenRenewal, endpoint: put(accessTokenRenewal.endpoint) } }),
    ...(callbackOrigin === undefined
      ? {}
      : { callbackOrigin: { ...callbackOrigin, origins: callbackOrigin.origins.map((origin) => put(origin)) } }),
  };
}

/** Every origin in the facts. */
export function originsOf(facts: EndpointFacts, parameters: Readonly<Record<string, string>>): Set<string> {
  const origins = new Set<string>();
  mapEndpoints(facts, parameters, (endpoint) => {
    origins.add(originOf(endpoint));
    return endpoint;
  });
  return origins;
}

/** The origin of a URL in which `{clientId}` may stand. */
export function originOf(url: string): string {
  return new URL(url.replaceAll(/[{}]/g, "")).origin;
}

/** A free port of this machine for each origin. */
export async function serveOrigins(
  origins: ReadonlySet<string>,
  listenerOf: (origin: string) => RequestListener,
): Promise<{ ports: ReadonlyMap<string, string>; close: () => Promise<void> }> {
  const servers = new Map([...origins].map((origin) => [origin, createServer(listenerOf(origin))] as const));
  const served = await Promise.all(
    [...servers].map(async ([origin, server]) => [origin, `http://127.0.0.1:${await listen(server)}`] as const),
  );
  return {
    ports: new Map(served),
    close: async () => {
      await Promise.all([...servers.values()].map((server) => stop(server)));
    },
  };
}

function fillUrl(endpoint: string, parameters: Readonly<Record<string, string>>): string {
  return endpoint.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => parameters[name] ?? placeholder);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
