/**
 * The environment: the only file that reads `process.env`, and what its variables mean.
 */
import process from "node:process";
import { type IdentityProviderInput, identityProviderShape, publicUrlShape } from "@evergrant/schema";
import type { RateLimitSettings } from "@evergrant/server";
import { z } from "zod";
import type { Fault } from "./cli-error.ts";
import { type TrustedProxies, trustedProxiesShape } from "./client-address.ts";
import { commaList } from "./comma-list.ts";
import { rateLimitsMend, rateLimitsShape } from "./rate-limits-setting.ts";

/** Key-encryption keys as `parseEncryptionKeys` of the server takes them, or the file that holds them. */
export type EncryptionKeysSetting = string | { readonly file: string };

/** The variables, read and checked; absent where unset, empty or faulty. */
export interface Environment {
  readonly configPath?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly databaseAuthToken?: string | undefined;
  readonly encryptionKeys?: EncryptionKeysSetting | undefined;
  readonly publicUrl?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** On the server the bootstrap `admin` key; for commands that ask a server, the key they ask with. */
  readonly apiKey?: string | undefined;
  /** Whose JWTs the server takes for sessions. */
  readonly identityProvider?: IdentityProviderInput | undefined;
  /** The server that commands ask; left out, the config's `publicUrl`. */
  readonly url?: string | undefined;
  /** Whose word for the client's address is believed, as `clientAddresses` takes it. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** As `createApp` takes them. */
  readonly rateLimits?: Partial<RateLimitSettings> | "off" | undefined;
  /** `NODE_ENV` is not `production`. */
  readonly development: boolean;
  /** Stack traces are shown. */
  readonly debug: boolean;
  readonly noColor: boolean;
  /** All variables as they are, for `env("NAME")` in a config. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

const { issuer, audience, jwksUrl, subjectClaim, algorithms } = identityProviderShape.shape;

/** What each variable must be. */
const shape = z.object({
  EVERGRANT_CONFIG: z.string().optional(),
  EVERGRANT_DATABASE_URL: z
    .string()
    .regex(/^(file:|libsql:\/\/|https?:\/\/)./)
    .optional(),
  EVERGRANT_DATABASE_AUTH_TOKEN: z.string().optional(),
  EVERGRANT_ENCRYPTION_KEYS: z.string().regex(/:/).optional(),
  EVERGRANT_ENCRYPTION_KEYS_FILE: z.string().optional(),
  EVERGRANT_PUBLIC_URL: publicUrlShape.optional(),
  EVERGRANT_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/)
    .optional(),
  EVERGRANT_PORT: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().max(65_535))
    .optional(),
  // What the server's gate takes for a credential at all.
  EVERGRANT_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,512}$/)
    .optional(),
  EVERGRANT_JWT_ISSUER: issuer.optional(),
  EVERGRANT_JWT_AUDIENCE: commaList.pipe(audience).optional(),
  EVERGRANT_JWT_JWKS_URL: jwksUrl,
  EVERGRANT_JWT_SUBJECT_CLAIM: subjectClaim.unwrap().optional(),
  EVERGRANT_JWT_ALGORITHMS: commaList.pipe(algorithms.unwrap()).optional(),
  EVERGRANT_URL: z
    .string()
    .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
    .optional(),
  EVERGRANT_TRUSTED_PROXIES: trustedProxiesShape.optional(),
  EVERGRANT_RATE_LIMITS: rateLimitsShape.optional(),
  EVERGRANT_DEBUG: z.string().optional(),
});

/** The same in words. */
const mends: Readonly<Record<keyof typeof shape.shape, string>> = {
  EVERGRANT_CONFIG: "name the config file",
  EVERGRANT_DATABASE_URL: "write file:<path>, libsql://<host> or https://<host>",
  EVERGRANT_DATABASE_AUTH_TOKEN: "write the token that the database's server issued",
  EVERGRANT_ENCRYPTION_KEYS: "write id:base64, as `evergrant keys generate` prints it, awskms:<arn> or vault:<mount>/<key>",
  EVERGRANT_ENCRYPTION_KEYS_FILE: "name a file of keys, and leave EVERGRANT_ENCRYPTION_KEYS unset",
  EVERGRANT_PUBLIC_URL: "write an absolute https URL without query (http only for a loopback host), such as https://evergrant.example.com",
  EVERGRANT_HOST: "write an address to listen on, such as 127.0.0.1 or 0.0.0.0",
  EVERGRANT_PORT: "write a port number from 0 to 65535; 0 takes a free one",
  EVERGRANT_API_KEY: "write 16 to 512 visible ASCII characters; `openssl rand -hex 32` makes a good key",
  EVERGRANT_JWT_ISSUER: "write the https URL that its tokens have as iss, and set EVERGRANT_JWT_AUDIENCE too",
  EVERGRANT_JWT_AUDIENCE: "write what its tokens have as aud, several separated by commas, and set EVERGRANT_JWT_ISSUER too",
  EVERGRANT_JWT_JWKS_URL: "write the https URL of its keys, and set EVERGRANT_JWT_ISSUER and EVERGRANT_JWT_AUDIENCE too",
  EVERGRANT_JWT_SUBJECT_CLAIM: "write the claim that names the subject, and set EVERGRANT_JWT_ISSUER and EVERGRANT_JWT_AUDIENCE too",
  EVERGRANT_JWT_ALGORITHMS:
    "write algorithms of public keys, such as RS256,ES256 (none and HS256 are never taken), and set EVERGRANT_JWT_ISSUER and EVERGRANT_JWT_AUDIENCE too",
  EVERGRANT_URL: "write the http(s) URL of the server, such as http://127.0.0.1:4000",
  EVERGRANT_TRUSTED_PROXIES:
    "write the proxies' addresses or CIDR ranges, separated by commas, such as 10.0.0.0/8; loopback, linklocal or uniquelocal; or how many proxies there are, such as 1",
  EVERGRANT_RATE_LIMITS: rateLimitsMend,
  EVERGRANT_DEBUG: "write 1",
};

/** The names of our variables. */
export const variableNames: readonly string[] = Object.keys(shape.shape);

/** Reads the environment, and says at once all that is wrong with it: by a variable's name, never by its value. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): {
  environment: Environment;
  faults: Fault[];
} {
  // Compose files and CI settings pass on variables that nobody filled in: empty is unset.
  const given = variableNames.map((name) => [name, variables[name]?.trim() || undefined] as const);
  const refused = new Set(shape.safeParse(Object.fromEntries(given)).error?.issues.map(({ path }) => path[0]));
  // Of two lists neither is meant more than the other.
  if ((variables["EVERGRANT_ENCRYPTION_KEYS"]?.trim() ?? "") !== "") refused.add("EVERGRANT_ENCRYPTION_KEYS_FILE");
  for (const name of halfAnIdentityProvider(variables)) refused.add(name);
  const read = shape.parse(Object.fromEntries(given.filter(([name]) => !refused.has(name))));
  const environment: Environment = {
    configPath: read.EVERGRANT_CONFIG,
    databaseUrl: read.EVERGRANT_DATABASE_URL,
    databaseAuthToken: read.EVERGRANT_DATABASE_AUTH_TOKEN,
    encryptionKeys:
      read.EVERGRANT_ENCRYPTION_KEYS ??
      (read.EVERGRANT_ENCRYPTION_KEYS_FILE === undefined ? undefined : { file: read.EVERGRANT_ENCRYPTION_KEYS_FILE }),
    publicUrl: read.EVERGRANT_PUBLIC_URL,
    host: read.EVERGRANT_HOST,
    port: read.EVERGRANT_PORT,
    apiKey: read.EVERGRANT_API_KEY,
    identityProvider: identityProviderOf(read),
    url: read.EVERGRANT_URL,
    trustedProxies: read.EVERGRANT_TRUSTED_PROXIES,
    rateLimits: read.EVERGRANT_RATE_LIMITS,
    development: variables["NODE_ENV"] !== "production",
    debug: read.EVERGRANT_DEBUG !== undefined,
    noColor: (variables["NO_COLOR"] ?? "") !== "",
    variables,
  };
  const faults = shape
    .keyof()
    .options.flatMap((name) =>
      refused.has(name) && (variables[name]?.trim() ?? "") !== "" ? [{ path: name, message: "is not usable", mend: mends[name] }] : [],
    );
  return { environment, faults };
}

const jwtVariables = shape.keyof().options.filter((name) => name.startsWith("EVERGRANT_JWT_"));

/** Variables of an identity provider that say nothing, since it takes an issuer and an audience. */
function halfAnIdentityProvider(variables: Readonly<Record<string, string | undefined>>): string[] {
  const given = jwtVariables.filter((name) => (variables[name]?.trim() ?? "") !== "");
  return given.includes("EVERGRANT_JWT_ISSUER") && given.includes("EVERGRANT_JWT_AUDIENCE") ? [] : given;
}

function identityProviderOf(read: z.output<typeof shape>): IdentityProviderInput | undefined {
  const { EVERGRANT_JWT_ISSUER: own, EVERGRANT_JWT_AUDIENCE: audiences } = read;
  if (own === undefined || audiences === undefined) return undefined;
  return {
    issuer: own,
    audience: audiences,
    jwksUrl: read.EVERGRANT_JWT_JWKS_URL,
    subjectClaim: read.EVERGRANT_JWT_SUBJECT_CLAIM,
    algorithms: read.EVERGRANT_JWT_ALGORITHMS,
  };
}
