/**
 * URL parameters: fills the `{placeholders}` in a provider's endpoints with an integration's `parameters`, and lets nothing else in.
 */
import { type AuthorizationServerFacts, type ConfigFault, endpointShape } from "@evergrant/schema";
import { at } from "./config-path.ts";
import { nearest } from "./nearest.ts";

type Place = "authority" | "host" | "port" | "segment";

/** What a value may be, by where its placeholder stands: none can end the part of the URL that it is put into. */
const rules: Record<Place, { pattern: RegExp; words: string; example: string }> = {
  authority: {
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/,
    words: "a host name, with a port if need be, and no scheme or path",
    example: "git.example.com",
  },
  host: {
    pattern: /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    words: "a part of a host name: letters, digits, `-` and `.`",
    example: "acme",
  },
  port: { pattern: /^[1-9]\d{0,4}$/, words: "a port number", example: "4010" },
  segment: {
    pattern: /^(?!\.\.?$)[A-Za-z0-9._~-]+$/,
    words: "one segment of a path: letters, digits, `-`, `.`, `_` and `~`",
    example: "acme",
  },
};

/**
 * The facts with every placeholder filled and `urlParameters` empty, or what is wrong with the parameters. Values are not repeated in faults.
 *
 * @param integration.path Where the integration stands in the config.
 */
export function fillUrlParameters(
  facts: AuthorizationServerFacts,
  integration: { parameters: Readonly<Record<string, string>>; providerName: string; path: string },
): { facts: AuthorizationServerFacts; faults: ConfigFault[] } {
  const { parameters, providerName, path } = integration;
  const faults = superfluous(Object.keys(parameters), facts.urlParameters, integration);
  const sound = new Map<string, string>();
  for (const name of facts.urlParameters) {
    const places = [...new Set(endpointsOf(facts).flatMap((endpoint) => placesOf(name, endpoint)))];
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const example = `parameters: { ${name}: "${rules[places[0] ?? "segment"].example}" }`;
    const broken = places.find((place) => value !== undefined && !rules[place].pattern.test(value));
    if (value === undefined) {
      faults.push({ path: at(path, "parameters"), message: `${providerName} needs the parameter "${name}"`, mend: `add ${example}` });
    } else if (broken !== undefined) {
      faults.push({ path: at(path, "parameters", name), message: `must be ${rules[broken].words}`, mend: `write it like ${example}` });
    } else sound.set(name, value);
  }
  if (faults.length > 0) return { facts, faults };

  const resourceHosts = facts.resourceHosts.map((host) => fill(host, sound));
  const filled = mapEndpoints({ ...facts, resourceHosts, urlParameters: [] }, (endpoint) => fill(endpoint, sound));
  for (const endpoint of endpointsOf(filled)) {
    // The client id is put in when a request is sent.
    if (endpointShape.safeParse(endpoint).success && !/[{}]/.test(endpoint.replaceAll("{clientId}", ""))) continue;
    const message = `with its parameters filled in, an endpoint of ${providerName} is no URL that can be used`;
    return {
      facts,
      faults: [
        { path: at(path, "parameters"), message, mend: "use the values that the provider's documentation gives, with an https host" },
      ],
    };
  }
  return { facts: filled, faults: [] };
}

function superfluous(
  given: readonly string[],
  wanted: readonly string[],
  integration: { providerName: string; path: string },
): ConfigFault[] {
  return given
    .filter((name) => !wanted.includes(name))
    .map((name) => {
      const [meant] = nearest(name, wanted);
      const path = at(integration.path, "parameters", name);
      return {
        path,
        message: `${integration.providerName} has no parameter "${name}"`,
        mend: meant === undefined ? "remove it" : `did you mean "${meant}"?`,
      };
    });
}

function endpointsOf(facts: AuthorizationServerFacts): string[] {
  const found: string[] = [];
  mapEndpoints(facts, (endpoint) => {
    found.push(endpoint);
    return endpoint;
  });
  return found;
}

function mapEndpoints(facts: AuthorizationServerFacts, map: (endpoint: string) => string): AuthorizationServerFacts {
  return {
    ...facts,
    authorizationEndpoint: map(facts.authorizationEndpoint),
    tokenEndpoint: map(facts.tokenEndpoint),
    ...(facts.issuer !== undefined && { issuer: map(facts.issuer) }),
    ...(facts.idToken !== undefined && { idToken: { ...facts.idToken, jwksUri: map(facts.idToken.jwksUri) } }),
    ...(facts.refreshEndpoint !== undefined && { refreshEndpoint: map(facts.refreshEndpoint) }),
    ...(facts.revocation !== undefined && { revocation: { ...facts.revocation, endpoint: map(facts.revocation.endpoint) } }),
    ...(facts.account !== undefined && { account: { ...facts.account, endpoint: map(facts.account.endpoint) } }),
    ...(facts.longLivedExchange !== undefined && {
      longLivedExchange: { ...facts.longLivedExchange, endpoint: map(facts.longLivedExchange.endpoint) },
    }),
    ...(facts.accessTokenRenewal !== undefined && {
      accessTokenRenewal: { ...facts.accessTokenRenewal, endpoint: map(facts.accessTokenRenewal.endpoint) },
    }),
  };
}

function fill(endpoint: string, values: ReadonlyMap<string, string>): string {
  return endpoint.replaceAll(/\{([A-Za-z][A-Za-z0-9]*)\}/g, (placeholder, name: string) => values.get(name) ?? placeholder);
}

function placesOf(name: string, endpoint: string): Place[] {
  const [, authority = "", rest = ""] = /^[^:]+:\/\/([^/?]*)(.*)$/.exec(endpoint) ?? [];
  const placeholder = `{${name}}`;
  const places: Place[] = rest.includes(placeholder) ? ["segment"] : [];
  if (authority === placeholder) places.push("authority");
  else if (authority.endsWith(`:${placeholder}`)) places.push("port");
  else if (authority.includes(placeholder)) places.push("host");
  return places;
}
