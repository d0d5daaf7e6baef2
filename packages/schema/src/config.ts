/**
 * The app schema: what a developer declares under `integrations.oauth`, and the few settings beside it.
 */
import { z } from "zod";
import { endpointShape, isLoopbackHost } from "./endpoint.ts";
import { keptText } from "./kept-text.ts";
import { inlineProviderShape } from "./provider.ts";
import { resourceHostShape } from "./provider-requests.ts";
import { auditSettingsShape, retentionShape } from "./record-keeping.ts";
import { refreshSettingsShape } from "./refresh.ts";
import { scopesShape } from "./scopes.ts";

/** An integration's id: the key under `providers`. */
export const integrationIdShape = z.string().regex(/^[a-z0-9-]{1,64}$/, "1 to 64 of a-z, 0-9 and -");

/** Stands for the value of an environment variable, read when the config is loaded. */
export const environmentReferenceShape = z.strictObject({
  env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable, such as GITHUB_CLIENT_SECRET"),
});
export type EnvironmentReference = z.infer<typeof environmentReferenceShape>;

/** A string, or the environment variable that holds it. */
export const settingShape = z.union([z.string().min(1, "must not be empty"), environmentReferenceShape]);

/** An authorization server to be discovered (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). */
export const issuerShape = z.strictObject({ issuer: endpointShape });

/** An exact web origin: scheme, host and port, nothing after them. */
export const originShape = z
  .string()
  .refine(
    (value) => URL.canParse(value) && new URL(value).origin === value && /^https?:[^*]+$/.test(value),
    "an exact web origin without path, trailing slash or wildcard, such as https://app.example.com",
  );

export const publicUrlShape = z.string().refine((value) => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const plain = url.search === "" && url.hash === "" && url.username === "" && url.password === "";
  return plain && (url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname)));
}, "an absolute https URL without query (http only for a loopback host), such as https://evergrant.example.com");

/** What an integration says of this app as a client, whichever its provider: apart, since its type is light and the whole one is not. */
const integrationClientShape = z.strictObject({
  /** Shown to people; left out, it is the provider's name. */
  name: z.string().min(1).max(80).optional(),
  clientId: settingShape,
  /** Left out for a public client (RFC 6749 §2.1). Outside development it comes from the environment. */
  clientSecret: settingShape.optional(),
  /** A redirection endpoint of one's own below `publicUrl`, such as one registered long ago. */
  redirectPath: z
    .string()
    .regex(/^\/[A-Za-z0-9/_~.-]{1,200}$/, "a path below publicUrl, such as /auth/github/callback")
    .optional(),
  /** Where else tokens may be sent, such as `api.example.com`, `*.example.com` or `127.0.0.1:8080`; the provider's own hosts are known. */
  resourceHosts: z.array(resourceHostShape).max(100).readonly().optional(),
  /** False: a finished flow needs no `connections.confirm`. Only where the app alone can make connect links for a browser it knows. */
  confirm: z.boolean().optional(),
});

/** One integration: a provider with this app's client id, secret and scopes. */
export const integrationShape = integrationClientShape.extend({
  /** A catalogue id (left out: the integration's own id), an issuer to discover, or an inline description. */
  provider: z.union([z.string().min(1), issuerShape, inlineProviderShape]).optional(),
  /** Fills the `{placeholders}` in the provider's URLs, such as a tenant or a host. */
  parameters: z.record(z.string(), z.string().min(1)).optional(),
  /** Asked for at every connect; left out, they are the provider's `defaultScopes`. */
  scopes: scopesShape.readonly().optional(),
  /** May be asked for later; with `scopes` they are all that this integration can ever ask for. */
  optionalScopes: scopesShape.readonly().optional(),
  /** Scopes that the provider's list lacks although you know that they exist. */
  allowUnlistedScopes: scopesShape.readonly().optional(),
});

export const oauthShape = z.strictObject({
  providers: z.record(integrationIdShape, integrationShape),
  refresh: refreshSettingsShape.optional(),
});

/** All of `evergrant.config.*`. */
export const appShape = z.strictObject({
  $schema: z.string().optional(),
  /** Where browsers reach this server; every URL, cookie and redirect URI comes from it. May carry a path. */
  publicUrl: publicUrlShape.optional(),
  /** Where a finished flow may send the browser. */
  returnOrigins: z.array(originShape).readonly().optional(),
  /** Whose pages may call the API (CORS). */
  allowedOrigins: z.array(originShape).readonly().optional(),
  /** Host names of providers of your own that resolve to private addresses, such as gitlab.internal; no other such host is reached. */
  privateHosts: z
    .array(z.string().regex(/^[a-z0-9.-]+$/, "a host name in lower case, such as gitlab.internal"))
    .readonly()
    .optional(),
  audit: auditSettingsShape.optional(),
  retention: retentionShape.optional(),
  integrations: z.strictObject({ oauth: oauthShape }),
});

// Interfaces and not aliases, so that the compiler's messages print a name.
export interface IntegrationClientInput extends z.input<typeof integrationClientShape> {}
export interface IntegrationInput extends z.input<typeof integrationShape> {}
export interface OAuthInput extends z.input<typeof oauthShape> {}
export interface AppInput extends z.input<typeof appShape> {}
export interface Integration extends z.output<typeof integrationShape> {}
export interface App extends z.output<typeof appShape> {}

/** An integration as `config.list` and `config.get` show it: a secret goes in and never comes out. */
export const integrationViewShape = z.object({
  id: z.string(),
  name: z.string(),
  /** `file`: declared in the config file; `api`: put at run time. */
  source: z.enum(["file", "api"]),
  /** The catalogue id, the issuer, or `inline`. */
  provider: z.string(),
  clientId: z.object({ set: z.literal(true), fingerprint: z.string() }),
  /** `fingerprint`: 8 hex digits of a keyed HMAC, to tell two secrets apart. */
  clientSecret: z.discriminatedUnion("set", [
    z.object({ set: z.literal(true), fingerprint: z.string() }),
    z.object({ set: z.literal(false) }),
  ]),
  scopes: z.array(z.string()),
  optionalScopes: z.array(z.string()),
  allowUnlistedScopes: z.array(z.string()),
  /** Added by the engine because a refresh token needs them; never counted as missing. */
  offlineScopes: z.array(z.string()),
  redirectUri: z.string(),
  confirm: z.boolean(),
});
export type IntegrationView = z.infer<typeof integrationViewShape>;

export const configGetInput = z.object({ integration: integrationIdShape });

/** `config.put`: the integration as it is to be. A secret left out is kept, unless the grant's binding changes. */
export const configPutInput = z.object({
  integration: integrationIdShape,
  definition: integrationShape.extend({
    clientId: z.string().min(1, "must not be empty"),
    clientSecret: z.string().min(1, "must not be empty").optional(),
  }),
  /** Needed where the change parts existing connections from the client or server that they were granted to. */
  acceptStranding: z.boolean().optional(),
});

export const configPutResult = z.object({ integration: integrationViewShape, strandedConnections: z.number().int() });
export const configRemoveInput = z.object({ integration: integrationIdShape, acceptStranding: z.boolean().optional() });
export const configRemoveResult = z.object({ strandedConnections: z.number().int() });

/** What a connect page may know of an integration. */
export const integrationSummaryShape = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.object({ scope: z.string(), description: z.string().nullable(), optional: z.boolean() })),
});
export type IntegrationSummary = z.infer<typeof integrationSummaryShape>;

/** `scopes.list` and `scopes.check` name an integration, or a provider of the catalogue. */
export const scopesListInput = z.object({ integration: integrationIdShape });
export const scopesLedgerInput = z.object({ connectionId: keptText(128) });
export const scopesCheckInput = z.object({ integration: integrationIdShape, scopes: scopesShape });
