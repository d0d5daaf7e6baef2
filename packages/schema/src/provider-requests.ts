/**
 * What a provider's requests and answers look like where they leave the standards, as data that the engine works by.
 */
import { z } from "zod";
import { endpointShape } from "./endpoint.ts";

/**
 * How the client proves itself at the token endpoint (RFC 6749 §2.3.1, OpenID Connect Core §9).
 * `client_secret_basic_raw`: Basic without the form-encoding that RFC 6749 asks for, as some servers want it.
 */
export const clientAuthenticationShape = z.enum(["client_secret_basic", "client_secret_basic_raw", "client_secret_post", "none"]);
export type ClientAuthentication = z.infer<typeof clientAuthenticationShape>;

/**
 * Parameters or headers of a request. In their values `{clientId}`, `{clientSecret}`, `{accessToken}` and `{refreshToken}` stand
 * for these, and `{callback.name}`, `{token.name}` for what `captures` kept; a token request may name any parameter of its callback.
 */
export const parametersShape = z.record(z.string().min(1), z.string());

/** A place in a JSON value: member names and list positions with dots between, such as `data.0.id`. */
const pathShape = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, "member names with dots between, such as data.user.id");

/** Where the provider account behind a token is named: an endpoint, and the paths in its JSON answer. */
export const accountShape = z.strictObject({
  endpoint: endpointShape,
  method: z.enum(["GET", "POST"]).default("GET"),
  /** To the account's stable id, such as `sub` or `data.user.id`. */
  idPath: pathShape,
  /** To something a person recognizes: a mail address, a login, a name. */
  labelPath: pathShape,
  /** Sent as JSON with a POST, such as a GraphQL query; left out, the request has no body. */
  body: z.record(z.string(), z.string()).optional(),
  /** Sent beside the access token, such as an API version. */
  headers: parametersShape.default({}),
});

/** Where the account is named without another request: beside the token, in the ID token's claims, or in the callback's query. */
export const accountInShape = z.strictObject({
  source: z.enum(["token_response", "id_token", "callback"]),
  idPath: pathShape,
  labelPath: pathShape,
});

/** What an ID token of the issuer is validated by (OpenID Connect Core §3.1.3.7); without it, none is read. */
export const idTokenShape = z.strictObject({
  /** The issuer's public keys (RFC 7517). */
  jwksUri: endpointShape,
  /** What it may be signed with; neither `none` nor a shared secret. */
  algorithms: z
    .array(z.string().regex(/^(RS|PS|ES|Ed)[A-Za-z0-9]+$/, "an asymmetric signature algorithm such as RS256 or ES256"))
    .min(1)
    .readonly()
    .default(["RS256"]),
});

/** A revocation request spelled out, for servers that follow neither RFC 7009 nor RFC 6750. */
const revocationRequestShape = z.strictObject({
  httpMethod: z.enum(["POST", "DELETE"]).default("POST"),
  format: z.enum(["form", "json"]).default("form"),
  parameters: parametersShape.default({}),
  headers: parametersShape.default({}),
});

/** How an access token or a grant is ended at the provider: RFC 7009, or as the provider has it. */
export const revocationShape = z
  .strictObject({
    /** `{clientId}` may stand in it. */
    endpoint: endpointShape,
    /** `rfc7009`: the token in a form. `bearer`: a request that carries the access token to end. `request`: as `request` says. */
    method: z.enum(["rfc7009", "bearer", "request"]).default("rfc7009"),
    /**
     * What a revocation ends besides the token that was sent: the `grant` that it belongs to, or at `account` every grant
     * of that account to this client.
     */
    ends: z.enum(["token", "grant", "account"]).default("grant"),
    /** Of a `bearer` request; left out, POST. */
    httpMethod: z.enum(["POST", "DELETE"]).optional(),
    /** How the client proves itself to an `rfc7009` or `request` endpoint, where not as at the token endpoint. */
    clientAuthentication: clientAuthenticationShape.optional(),
    request: revocationRequestShape.optional(),
  })
  .refine(
    ({ method, request }) => (method === "request") === (request !== undefined),
    "`request` goes with method: request, and only with it",
  );

/**
 * Trading an access token for one that lives longer, where there are no refresh tokens (Meta's `fb_exchange_token` and its like).
 * The answer is read as a token response.
 */
export const accessTokenExchangeShape = z.strictObject({
  endpoint: endpointShape,
  httpMethod: z.enum(["GET", "POST"]).default("GET"),
  /** With `grant_type` and the placeholders that this request needs. Sent in the query of a GET, in the form of a POST. */
  parameters: parametersShape,
  /** How old an access token must be before the server takes it. */
  minimumAgeSeconds: z.number().int().positive().optional(),
});

/**
 * Which known deviation of a token response is put right before it is read.
 * - `error_in_200`: a refusal has a success status and the `error` of RFC 6749 §5.2.
 * - `ok_false`: always a success status; `ok: false` is a refusal, with its code in `error`.
 * - `authed_user`: as `ok_false`, and the token is the one under `authed_user` where there is one.
 * - `status_body`: always a success status; `status` 0 is a success with the token under `body`, any other the code of a refusal.
 */
export const responseAdapterShape = z.enum(["error_in_200", "ok_false", "authed_user", "status_body"]);

/** What a token response calls its members, where not as RFC 6749 §5.1 has it. */
export const tokenFieldsShape = z.strictObject({
  scope: z.string().default("scope"),
  /** A span in seconds. */
  expiresIn: z.string().default("expires_in"),
  /** An instant, ISO 8601 or in seconds since 1970, for servers that give no span. */
  expiresAt: z.string().optional(),
  refreshTokenExpiresIn: z.string().default("refresh_token_expires_in"),
  /** An instant, as above. */
  refreshTokenExpiresAt: z.string().optional(),
});

/**
 * What some codes of the provider's own mean in the words of RFC 6749 §5.2 and OpenID Connect Core §3.1.2.6.
 * The first rule that fits is taken; where none does, `error` means what it says.
 */
export const errorRuleShape = z.strictObject({
  /** Where the code stands in the body; of a list, any element may be it. */
  member: pathShape.default("error"),
  /** Codes, numbers too written as text. */
  codes: z.array(z.string().min(1)).readonly(),
  /** Only where the body's description holds these words, for codes that mean several things. */
  containing: z.string().min(1).optional(),
  means: z.enum([
    "invalid_grant",
    "consent_required",
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "unsupported_grant_type",
    "temporarily_unavailable",
    "server_error",
    "slow_down",
  ]),
});

/** What is kept with a connection beside its tokens, since API calls or later requests need it. No secret is ever named here. */
export const capturesShape = z.strictObject({
  /** Parameters of the authorization response's query, such as `realmId`. */
  callback: z.array(z.string().min(1)).readonly().default([]),
  /** Paths in the token response, from the object that holds the token, such as `instance_url`. */
  token: z.array(pathShape).readonly().default([]),
});

/**
 * Where the authorization response says which of several servers issued the code: if it is one of these origins, it takes the
 * place of the token endpoint's in all endpoints of that origin, for the whole life of the grant. Any other value is refused.
 */
export const callbackOriginShape = z.strictObject({ parameter: z.string().min(1), origins: z.array(endpointShape).readonly() });

/**
 * Where a token may be sent: a host name, all names below one (`*.example.com`), or either with a port; without one it is the port of
 * https, or any of a loopback host. `{name}` is filled as in endpoints.
 */
export const resourceHostShape = z
  .string()
  .max(253)
  .regex(
    /^(?:\[[0-9a-fA-F:]+\]|(?:\*\.(?=[^.]+\.))?(?:[A-Za-z0-9-]|\{[A-Za-z][A-Za-z0-9]*\})+(?:\.(?:[A-Za-z0-9-]|\{[A-Za-z][A-Za-z0-9]*\})+)*)(?::(?:\d{1,5}|\{[A-Za-z][A-Za-z0-9]*\}))?$/,
    "a host name such as api.example.com or *.example.com, with a port if need be, and no scheme or path",
  );

/** How a provider's API says that the access token does not hold, where not as RFC 6750 §3.1 has it. */
export const tokenRefusalShape = z.strictObject({
  status: z.number().int().min(200).max(499),
  /** Where the sign stands in the JSON body. */
  member: pathShape,
  /** Numbers too written as text. */
  codes: z.array(z.string().min(1)).min(1).readonly(),
});

/** How an access token goes to the provider's API (RFC 6750 §2.1 unless told otherwise). */
export const apiAuthorizationShape = z.strictObject({
  header: z.string().default("Authorization"),
  /** Before the token; left out, the token's type; empty: the token alone. */
  scheme: z.string().optional(),
});
