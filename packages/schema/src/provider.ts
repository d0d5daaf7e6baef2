/**
 * The description of an authorization server as data: what a catalogue entry holds, and what a config may describe inline.
 */
import { z } from "zod";
import { endpointShape } from "./endpoint.ts";
import {
  accessTokenExchangeShape,
  accountInShape,
  accountShape,
  apiAuthorizationShape,
  callbackOriginShape,
  capturesShape,
  clientAuthenticationShape,
  errorRuleShape,
  idTokenShape,
  parametersShape,
  resourceHostShape,
  responseAdapterShape,
  revocationShape,
  tokenFieldsShape,
  tokenRefusalShape,
} from "./provider-requests.ts";
import { scopeFactsShape, scopeShape } from "./scopes.ts";

/** RFC 7636: `required`, `supported` (sent), or `unsupported` (undocumented, so not sent). */
export const pkceShape = z.enum(["required", "supported", "unsupported"]);

/**
 * What becomes of a refresh token once it was spent (RFC 6749 §6, RFC 9700 §4.14).
 * - `none`: it stays the same. `strict`: single use, and using it again may end the grant.
 * - `grace`: single use, but accepted again for `graceSeconds`. `unknown`: not documented; treated as strict.
 */
export const rotationShape = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("none") }),
  z.strictObject({ mode: z.literal("strict") }),
  z.strictObject({ mode: z.literal("grace"), graceSeconds: z.number().int().positive() }),
  z.strictObject({ mode: z.literal("unknown") }),
]);
export type Rotation = z.infer<typeof rotationShape>;

/** What must be asked for to be given a refresh token; empty members where one comes by itself. */
export const offlineAccessShape = z.strictObject({
  scopes: z.array(scopeShape).readonly().default([]),
  parameters: z.record(z.string(), z.string()).default({}),
});

/** Everything about a provider but its name, with the defaults of RFC 6749; only two fields are required. */
export const inlineProviderShape = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  /** The issuer identifier (RFC 8414 §2, RFC 9207), compared exactly with `iss` where the server sends it. */
  issuer: endpointShape.optional(),
  /** Whether every authorization response carries `iss` (RFC 9207 §3): then one without it is refused. */
  issParameter: z.boolean().default(false),
  authorizationEndpoint: endpointShape,
  tokenEndpoint: endpointShape,
  /** Where refresh token grants go if not to the token endpoint. */
  refreshEndpoint: endpointShape.optional(),
  revocation: revocationShape.optional(),
  account: accountShape.optional(),
  /** Read where there is no `account` endpoint; an ID token that holds is believed before the endpoint, which then only adds a label. */
  accountIn: accountInShape.optional(),
  /** With it, a flow that asks for `openid` sends a nonce, and fails where the ID token is missing or does not hold. Needs `issuer`. */
  idToken: idTokenShape.optional(),
  apiAuthorization: apiAuthorizationShape.default({ header: "Authorization" }),
  /** Hosts of its API, beside those of the token endpoint and the account endpoint. */
  resourceHosts: z.array(resourceHostShape).readonly().default([]),
  /** Its own ways to say that an access token does not hold. */
  tokenRefusals: z.array(tokenRefusalShape).readonly().default([]),
  /** Names that stand in `{braces}` in the URLs above and that an integration fills under `parameters`. */
  urlParameters: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/))
    .readonly()
    .default([]),
  clientAuthentication: clientAuthenticationShape.default("client_secret_basic"),
  /** `jwt`: the secret is a JWT that the developer signs, with an `exp` until which it works and before which it must be renewed. */
  clientSecretFormat: z.enum(["text", "jwt"]).default("text"),
  /** What `client_id` is called, in every request. */
  clientIdParameter: z.string().min(1).default("client_id"),
  pkce: pkceShape.default("supported"),
  /** RFC 7636 §4.2; `plain` where the server knows no other. */
  codeChallengeMethod: z.enum(["S256", "plain"]).default("S256"),
  /** Between scopes in the authorization request; a space in RFC 6749 §3.3. */
  scopeSeparator: z.enum([" ", ",", "+"]).default(" "),
  /** What `scope` is called in the authorization request. */
  scopeParameter: z.string().min(1).default("scope"),
  /** Takes the scopes that go beyond an integration's `scopes`, where those in `scope` must be the ones that the app is registered with. */
  optionalScopeParameter: z.string().min(1).optional(),
  /** Which requests name scopes. Empty: none, since they are set on the app at the provider; they are checked all the same. */
  scopeSentWith: z
    .array(z.enum(["authorization", "token", "refresh"]))
    .readonly()
    .default(["authorization"]),
  /** Empty where the provider has no scope parameter. Absent: any scope goes. Discovery brings names only, so the facts may be empty. */
  scopes: z.record(scopeShape, scopeFactsShape.partial()).optional(),
  /** What may stand before any listed scope without making it another one, such as `https://graph.microsoft.com/`. */
  aliasPrefixes: z.array(z.string().min(1)).readonly().default([]),
  /** Regular expressions (anchored) of scopes that the provider's tenants name themselves. */
  openTo: z
    .array(z.strictObject({ source: z.string().min(1) }))
    .readonly()
    .default([]),
  /** The fewest scopes that give a working connection. */
  defaultScopes: z.array(scopeShape).readonly().default([]),
  /** Null: this provider issues no refresh token. */
  offlineAccess: offlineAccessShape.nullable().default({ scopes: [], parameters: {} }),
  authorizationParameters: parametersShape.default({}),
  tokenParameters: parametersShape.default({}),
  refreshParameters: parametersShape.default({}),
  /** How the token endpoint wants its request: a form (RFC 6749) or JSON. */
  tokenRequestFormat: z.enum(["form", "json"]).default("form"),
  /** `query`: the POST's parameters stand in its URL, which then is as secret as they are. */
  tokenParametersIn: z.enum(["body", "query"]).default("body"),
  captures: capturesShape.default({ callback: [], token: [] }),
  callbackOrigin: callbackOriginShape.optional(),
  responseAdapter: responseAdapterShape.optional(),
  tokenFields: tokenFieldsShape.default({ scope: "scope", expiresIn: "expires_in", refreshTokenExpiresIn: "refresh_token_expires_in" }),
  errorMap: z.array(errorRuleShape).readonly().default([]),
  /** Done once, with the access token that a code brought; its answer is the token set that is stored. */
  longLivedExchange: accessTokenExchangeShape.optional(),
  /** Takes the place of the refresh token grant: the access token renews itself while it is valid, and not after. */
  accessTokenRenewal: accessTokenExchangeShape.optional(),
  /** What the provider documents when its answer has no `expires_in`; null: it does not expire, or nobody says. */
  accessTokenLifetimeSeconds: z.number().int().positive().nullable().default(null),
  /** How long a refresh token lasts unused; each refresh starts the span anew. Null: no end, or nobody says. */
  refreshTokenLifetimeSeconds: z.number().int().positive().nullable().default(null),
  /** How long a grant lasts from consent, however often it is refreshed: by then the resource owner must authorize again. */
  grantLifetimeSeconds: z.number().int().positive().nullable().default(null),
  /** How many grants one account can have for one client; another one ends the oldest without a word. */
  grantsPerAccount: z.number().int().positive().nullable().default(null),
  /** How many refresh token grants one grant may make in a span; null: not limited, or nobody says. */
  refreshLimit: z
    .strictObject({ grants: z.number().int().positive(), withinSeconds: z.number().int().positive() })
    .nullable()
    .default(null),
  rotation: rotationShape.default({ mode: "unknown" }),
  /** Whether a refresh ends the access token before it: then nobody may be left holding the old one. */
  refreshEndsAccessToken: z.boolean().default(false),
  /** Peculiarities in words, for the docs; the engine reads none of them. */
  quirks: z.array(z.string()).readonly().default([]),
});
/** A provider as a config may describe it: an authorization endpoint and a token endpoint are enough. */
export type InlineProvider = z.input<typeof inlineProviderShape>;

/** A provider of the catalogue: as an inline one, with where its facts come from. */
export const providerShape = inlineProviderShape.extend({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  name: z.string().min(1).max(80),
  docsUrl: z.url(),
  scopesDocsUrl: z.url().nullable().default(null),
  /** Where a client is registered, and the way there in a few words; null where clients are not registered. `{name}` as in endpoints. */
  registration: z
    .strictObject({ url: z.url(), steps: z.string().min(1).max(160) })
    .nullable()
    .default(null),
  scopes: z.record(scopeShape, scopeFactsShape),
  /** How sure the facts are: `high` = read in a first-party source. */
  confidence: z.enum(["high", "medium", "low"]),
});
/** A catalogue entry with every default filled in. */
export type ProviderFacts = z.output<typeof providerShape>;
export type ProviderFactsInput = z.input<typeof providerShape>;

/** The facts that the engine works by, whichever way they came: catalogue, inline or discovery. */
export type AuthorizationServerFacts = z.output<typeof inlineProviderShape>;
