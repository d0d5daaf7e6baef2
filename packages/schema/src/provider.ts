/**
 * The description of an authorization server as data: what a catalogue entry holds, and what a config may describe inline.
 */
import { z } from "zod";
import { scopeFactsShape, scopeShape } from "./scopes.ts";

/** An absolute URL, `https:` unless the host is loopback; `{name}` in it is filled from `parameters`. */
export const endpointShape = z
  .string()
  .max(2048, "an endpoint is at most 2,048 characters long")
  .refine(
    isEndpoint,
    "an absolute https URL without user info or fragment (http only for a loopback host), such as https://sso.example.com/oauth/token",
  );

/**
 * How the client proves itself at the token endpoint (RFC 6749 §2.3.1, OpenID Connect Core §9).
 * `client_secret_basic_raw`: Basic without the form-encoding that RFC 6749 asks for, as some servers want it.
 */
export const clientAuthenticationShape = z.enum(["client_secret_basic", "client_secret_basic_raw", "client_secret_post", "none"]);
export type ClientAuthentication = z.infer<typeof clientAuthenticationShape>;

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

/** Where the provider account behind a token is named: an endpoint, and the paths in its JSON answer. */
export const accountShape = z.strictObject({
  endpoint: endpointShape,
  method: z.enum(["GET", "POST"]).default("GET"),
  /** A dotted path to the account's stable id, such as `sub` or `data.user.id`. */
  idPath: z.string().min(1),
  /** A dotted path to something a person recognizes: a mail address, a login, a name. */
  labelPath: z.string().min(1),
  /** Sent as JSON with a POST, such as a GraphQL query; left out, the request has no body. */
  body: z.record(z.string(), z.string()).optional(),
  /** Sent beside `Authorization`, such as an API version. */
  headers: z.record(z.string(), z.string()).default({}),
});

/** How an access token or a grant is ended at the provider: RFC 7009, or as the provider has it. */
export const revocationShape = z.strictObject({
  endpoint: endpointShape,
  /** `rfc7009`: the token in a form. `bearer`: a POST that carries the access token to end. */
  method: z.enum(["rfc7009", "bearer"]).default("rfc7009"),
  /** What a revocation ends besides the token that was sent. */
  ends: z.enum(["token", "grant", "account"]).default("grant"),
});

const parametersShape = z.record(z.string().min(1), z.string());

/** Everything about a provider but its name, with the defaults of RFC 6749; only two fields are required. */
export const inlineProviderShape = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  /** The issuer identifier (RFC 8414 §2, RFC 9207), compared exactly with `iss` where the server sends it. */
  issuer: endpointShape.optional(),
  authorizationEndpoint: endpointShape,
  tokenEndpoint: endpointShape,
  /** Where refresh token grants go if not to the token endpoint. */
  refreshEndpoint: endpointShape.optional(),
  revocation: revocationShape.optional(),
  account: accountShape.optional(),
  /** Names that stand in `{braces}` in the URLs above and that an integration fills under `parameters`. */
  urlParameters: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/))
    .readonly()
    .default([]),
  clientAuthentication: clientAuthenticationShape.default("client_secret_basic"),
  pkce: pkceShape.default("supported"),
  /** Between scopes in the authorization request; a space in RFC 6749 §3.3. */
  scopeSeparator: z.enum([" ", ",", "+"]).default(" "),
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
  /** Which known deviation of a token response is put right before it is read; absent: none. */
  responseAdapter: z.enum(["error_in_200", "ok_false"]).optional(),
  /** What the provider documents when its answer has no `expires_in`; null: it does not expire, or nobody says. */
  accessTokenLifetimeSeconds: z.number().int().positive().nullable().default(null),
  refreshTokenLifetimeSeconds: z.number().int().positive().nullable().default(null),
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
  scopes: z.record(scopeShape, scopeFactsShape),
  /** How sure the facts are: `high` = read in a first-party source. */
  confidence: z.enum(["high", "medium", "low"]),
});
/** A catalogue entry with every default filled in. */
export type ProviderFacts = z.output<typeof providerShape>;
export type ProviderFactsInput = z.input<typeof providerShape>;

/** The facts that the engine works by, whichever way they came: catalogue, inline or discovery. */
export type AuthorizationServerFacts = z.output<typeof inlineProviderShape>;

function isEndpoint(value: string): boolean {
  // A placeholder may stand for a host, a port or a path segment, so it is filled before the URL is read.
  const filled = value.replaceAll(/:\{[A-Za-z][A-Za-z0-9]*\}(?=[/?]|$)/g, ":1").replaceAll(/\{[A-Za-z][A-Za-z0-9]*\}/g, "x");
  if (!URL.canParse(filled)) return false;
  const url = new URL(filled);
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
}

/** Whether a URL's host name is this machine: 127.0.0.0/8, `[::1]` or `localhost` (RFC 6761 §6.3). */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
