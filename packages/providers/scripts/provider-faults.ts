/**
 * The rules that every provider of the catalogue keeps beyond its shape, and what a provider could still say.
 */
import type { ProviderFacts } from "@evergrant/schema";
import { heldScopes, spellings } from "../src/scopes.ts";
import { fillUrlParameters } from "../src/url-parameters.ts";

/** What is wrong with a provider, in sentences; empty where nothing is. */
export function providerFaults(facts: ProviderFacts): string[] {
  return [
    ...scopeFaults(facts),
    ...formFaults(facts),
    ...endpointFaults(facts),
    ...hostFaults(facts),
    ...placeholderFaults(facts),
    ...contradictions(facts),
  ];
}

/** What is not wrong, but not known either. */
export function providerGaps(facts: ProviderFacts): string[] {
  const { offlineAccess } = facts;
  const refreshes = offlineAccess !== null;
  const questions: [boolean, string][] = [
    [facts.registration !== null || facts.clientAuthentication === "none", "registration: where is an app registered?"],
    [facts.scopesDocsUrl !== null || Object.keys(facts.scopes).length === 0, "scopesDocsUrl: where are the scopes explained?"],
    [facts.account !== undefined || facts.accountIn !== undefined, "account or accountIn: whose token is it?"],
    [
      facts.account !== undefined || facts.resourceHosts.length > 0,
      "resourceHosts: which hosts of its API, beside the token endpoint's, may a token be sent to?",
    ],
    [facts.revocation !== undefined, "revocation: how is a grant ended?"],
    [facts.accessTokenLifetimeSeconds !== null || !refreshes, "accessTokenLifetimeSeconds: how long, where expires_in is missing?"],
    [facts.rotation.mode !== "unknown" || !refreshes, "rotation: what becomes of a spent refresh token?"],
    [facts.confidence !== "low", "confidence: read the facts in a first-party source"],
  ];
  return questions.flatMap(([answered, question]) => (answered ? [] : [question]));
}

function scopeFaults(facts: ProviderFacts): string[] {
  const listed = Object.keys(facts.scopes);
  const offline = facts.offlineAccess?.scopes ?? [];
  const asked = listed.filter((scope) => !offline.includes(scope));
  const lower = listed.map((scope) => scope.toLowerCase());
  return [
    ...unlisted("defaultScopes", facts.defaultScopes, facts),
    ...unlisted("offlineAccess.scopes", offline, facts),
    ...facts.defaultScopes
      .filter((scope) => offline.includes(scope))
      .map((scope) => `defaultScopes: "${scope}" is only for refreshing: the engine adds it from offlineAccess`),
    ...(facts.defaultScopes.length === 0 && asked.length > 0 && facts.scopeSentWith.length > 0 && facts.openTo.length === 0
      ? ["defaultScopes: name the fewest that give a working connection"]
      : []),
    ...listed
      .filter((_, index) => lower.indexOf(lower[index] ?? "") !== index)
      .map((scope) => `scopes: "${scope}" differs from another by case only`),
    ...listed.flatMap((scope) => {
      const implied = facts.scopes[scope]?.implies ?? [];
      const circular = implied.filter((each) => heldScopes([each], facts).has(scope));
      return [
        ...unlisted(`scopes["${scope}"].implies`, implied, facts),
        ...circular.map((each) => `scopes["${scope}"].implies: "${each}" implies it in turn`),
      ];
    }),
  ];
}

function unlisted(place: string, scopes: readonly string[], facts: ProviderFacts): string[] {
  return scopes.filter((scope) => !Object.hasOwn(facts.scopes, scope)).map((scope) => `${place}: "${scope}" is not under scopes`);
}

/** Forms of tenants' scopes: anchored, and of no listed scope, unless a tenant may choose any name at all. */
function formFaults(facts: ProviderFacts): string[] {
  const own = Object.keys(facts.scopes)
    .flatMap((scope) => spellings(scope, facts))
    .filter((scope) => !facts.aliasPrefixes.some((prefix) => scope.startsWith(prefix)));
  return facts.openTo.flatMap(({ source }) => {
    if (!/^\^.*\$$/.test(source)) return [`openTo: ${source} is not anchored with ^ and $`];
    if (new RegExp(source).test("any name")) return [`openTo: ${source} takes more than scopes`];
    if (new RegExp(source).test("any-name")) return [];
    const taken = own.filter((scope) => new RegExp(source).test(scope));
    return taken.map((scope) => `openTo: ${source} takes "${scope}", which is the provider's own`);
  });
}

/** Hosts that are listed although an endpoint says so already, and placeholders that nothing fills. */
function hostFaults({ account, resourceHosts, tokenEndpoint, urlParameters }: ProviderFacts): string[] {
  const endpoints = [tokenEndpoint, ...(account === undefined ? [] : [account.endpoint])];
  const known = new Set(endpoints.map((url) => /^https?:\/\/([^/?]+)/.exec(url)?.[1]));
  return resourceHosts.flatMap((host, index) => [
    ...(known.has(host) || resourceHosts.indexOf(host) !== index ? [`resourceHosts: "${host}" is known already`] : []),
    ...[...host.matchAll(/\{([^}]+)\}/g)]
      .filter(([, name = ""]) => !urlParameters.includes(name))
      .map(([placeholder]) => `resourceHosts: ${placeholder} is no URL parameter`),
  ]);
}

function endpointFaults(facts: ProviderFacts): string[] {
  // A port where only that will do; a host is a path segment, too.
  const attempts = ["acme.example", "4010"].map((value) =>
    fillUrlParameters(facts, {
      parameters: Object.fromEntries(facts.urlParameters.map((name) => [name, value])),
      providerName: facts.name,
      path: "",
    }),
  );
  const fillable = attempts.some(({ faults }) => faults.length === 0) ? [] : (attempts[0]?.faults ?? []);
  const { scopes: _, openTo: __, quirks: ___, registration: ____, ...rest } = facts;
  const written = JSON.stringify(rest);
  const urls = [facts.docsUrl, ...(facts.scopesDocsUrl === null ? [] : [facts.scopesDocsUrl]), facts.registration?.url ?? facts.docsUrl];
  return [
    ...fillable.map(({ message }) => `endpoints: ${message}`),
    ...facts.urlParameters.filter((name) => !written.includes(`{${name}}`)).map((name) => `urlParameters: {${name}} stands in no endpoint`),
    ...urls.filter((url) => !url.startsWith("https://")).map((url) => `${url} is not https`),
  ];
}

const secretPlaceholders = new Set(["clientId", "clientSecret", "accessToken", "refreshToken"]);

/** Placeholders in parameters and headers: known ones only, and of what was captured where the moment of capture is past. */
function placeholderFaults(facts: ProviderFacts): string[] {
  const { captures, revocation } = facts;
  const captured = new Set([...captures.callback.map((name) => `callback.${name}`), ...captures.token.map((path) => `token.${path}`)]);
  const later = {
    refreshParameters: facts.refreshParameters,
    "account.headers": facts.account?.headers,
    "revocation.request.parameters": revocation?.request?.parameters,
    "revocation.request.headers": revocation?.request?.headers,
    "longLivedExchange.parameters": facts.longLivedExchange?.parameters,
    "accessTokenRenewal.parameters": facts.accessTokenRenewal?.parameters,
  };
  return [
    ...placeholdersOf(facts.authorizationParameters).map((name) => `authorizationParameters: {${name}} is not put in there`),
    ...placeholdersOf(facts.tokenParameters)
      .filter((name) => !name.startsWith("callback."))
      .map((name) => `tokenParameters: {${name}} is not put in there`),
    ...Object.entries(later).flatMap(([place, parameters = {}]) =>
      placeholdersOf(parameters)
        .filter((name) => !secretPlaceholders.has(name) && !captured.has(name))
        .map((name) => `${place}: {${name}} is not under captures`),
    ),
  ];
}

function placeholdersOf(parameters: Readonly<Record<string, string>>): string[] {
  return Object.values(parameters).flatMap((value) => [...value.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name));
}

/** Facts that cannot both be true. */
function contradictions(facts: ProviderFacts): string[] {
  const { account, accountIn, captures, callbackOrigin, offlineAccess } = facts;
  const rules: [boolean, string][] = [
    [
      account !== undefined && accountIn !== undefined && accountIn.source !== "id_token",
      "accountIn: is never read beside an account endpoint, unless it is the ID token",
    ],
    [accountIn?.source === "id_token" && facts.idToken === undefined, "idToken: an ID token names no account unless it can be validated"],
    [facts.idToken !== undefined && facts.issuer === undefined, "issuer: ID tokens must name it"],
    [
      accountIn?.source === "callback" && !captures.callback.includes(accountIn.idPath),
      `captures.callback: the account is read from ${accountIn?.idPath}`,
    ],
    [
      callbackOrigin !== undefined && !captures.callback.includes(callbackOrigin.parameter),
      `captures.callback: the origin is read from ${callbackOrigin?.parameter}`,
    ],
    [
      callbackOrigin?.origins.some((origin) => new URL(origin).origin !== origin) === true,
      "callbackOrigin.origins: an origin has no path and no trailing slash",
    ],
    [facts.accessTokenRenewal !== undefined && offlineAccess !== null, "accessTokenRenewal: goes with offlineAccess: null"],
    [facts.refreshEndpoint !== undefined && offlineAccess === null, "refreshEndpoint: goes with refresh tokens"],
    [facts.codeChallengeMethod === "plain" && facts.pkce === "unsupported", "codeChallengeMethod: goes with pkce"],
    [facts.clientAuthentication === "none" && facts.pkce !== "required", "pkce: nothing else protects a public client's code"],
  ];
  return rules.flatMap(([broken, fault]) => (broken ? [fault] : []));
}
