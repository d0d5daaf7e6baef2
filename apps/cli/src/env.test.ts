import { expect, it } from "vitest";
import { readEnvironment, variableNames } from "./env.ts";

it("reads every variable, and takes an empty one for unset", () => {
  const { environment, faults } = readEnvironment({
    EVERGRANT_CONFIG: "deploy/evergrant.config.json",
    EVERGRANT_DATABASE_URL: "libsql://db.example.com",
    EVERGRANT_DATABASE_AUTH_TOKEN: "token-of-the-database",
    EVERGRANT_ENCRYPTION_KEYS: "a:AAAA",
    EVERGRANT_PUBLIC_URL: "https://evergrant.example.com",
    EVERGRANT_HOST: "0.0.0.0",
    EVERGRANT_PORT: "8080",
    EVERGRANT_API_KEY: "0123456789abcdef",
    EVERGRANT_URL: "",
    EVERGRANT_TRUSTED_PROXIES: "10.0.0.0/8, loopback",
    EVERGRANT_RATE_LIMITS: "session=1200,failed-authentication=10",
    NODE_ENV: "production",
    NO_COLOR: "1",
  });
  expect(faults).toEqual([]);
  expect(environment).toMatchObject({
    configPath: "deploy/evergrant.config.json",
    port: 8080,
    host: "0.0.0.0",
    trustedProxies: ["10.0.0.0/8", "loopback"],
    rateLimits: { session: 1_200, failedAuthentication: 10 },
    development: false,
    debug: false,
    noColor: true,
  });
  expect(environment.url).toBeUndefined();
});

it("names all faulty variables at once, without their values, and goes on as if they were unset", () => {
  const { environment, faults } = readEnvironment({
    EVERGRANT_PORT: "65536",
    EVERGRANT_PUBLIC_URL: "http://evergrant.example.com",
    EVERGRANT_API_KEY: "too-short",
    EVERGRANT_DATABASE_URL: "postgres://user:word@db.example.com",
    EVERGRANT_HOST: "127.0.0.1",
  });
  expect(faults.map(({ path }) => path).toSorted()).toEqual([
    "EVERGRANT_API_KEY",
    "EVERGRANT_DATABASE_URL",
    "EVERGRANT_PORT",
    "EVERGRANT_PUBLIC_URL",
  ]);
  expect(faults.every(({ mend }) => mend !== "")).toBe(true);
  expect(JSON.stringify(faults)).not.toMatch(/too-short|word|65536/);
  expect(environment.port).toBeUndefined();
  expect(environment.host).toBe("127.0.0.1");
});

it("knows its own names", () => {
  expect(variableNames).toContain("EVERGRANT_ENCRYPTION_KEYS");
  expect(variableNames.every((name) => name.startsWith("EVERGRANT_"))).toBe(true);
});

it("takes encryption keys from a variable or from a file, and says so where both are set", () => {
  expect(readEnvironment({ EVERGRANT_ENCRYPTION_KEYS_FILE: "/run/secrets/keys" }).environment.encryptionKeys).toEqual({
    file: "/run/secrets/keys",
  });
  const both = readEnvironment({ EVERGRANT_ENCRYPTION_KEYS: "a:AAAA", EVERGRANT_ENCRYPTION_KEYS_FILE: "/run/secrets/keys" });
  expect(both.faults.map(({ path }) => path)).toEqual(["EVERGRANT_ENCRYPTION_KEYS_FILE"]);
  expect(both.environment.encryptionKeys).toBe("a:AAAA");
  const alone = readEnvironment({ EVERGRANT_ENCRYPTION_KEYS: "a:AAAA" });
  expect(alone.faults).toEqual([]);
});

it("reads an identity provider whole, and refuses half of one and secrets that are shared", () => {
  const whole = { EVERGRANT_JWT_ISSUER: "https://idp.example.com/", EVERGRANT_JWT_AUDIENCE: "https://evergrant.example.com, backup" };
  const { environment, faults } = readEnvironment({
    ...whole,
    EVERGRANT_JWT_SUBJECT_CLAIM: "user_id",
    EVERGRANT_JWT_ALGORITHMS: "RS256,EdDSA",
  });
  expect(faults).toEqual([]);
  expect(environment.identityProvider).toEqual({
    issuer: "https://idp.example.com/",
    audience: ["https://evergrant.example.com", "backup"],
    jwksUrl: undefined,
    subjectClaim: "user_id",
    algorithms: ["RS256", "EdDSA"],
  });
  expect(readEnvironment({}).environment.identityProvider).toBeUndefined();
  const faulty = (variables: Record<string, string>) => readEnvironment(variables).faults.map(({ path }) => path);
  expect(faulty({ EVERGRANT_JWT_ISSUER: "https://idp.example.com" })).toEqual(["EVERGRANT_JWT_ISSUER"]);
  expect(faulty({ EVERGRANT_JWT_JWKS_URL: "https://idp.example.com/keys", EVERGRANT_JWT_AUDIENCE: "a" })).toEqual([
    "EVERGRANT_JWT_AUDIENCE",
    "EVERGRANT_JWT_JWKS_URL",
  ]);
  for (const [name, value] of [
    ["EVERGRANT_JWT_ALGORITHMS", "RS256,none"],
    ["EVERGRANT_JWT_ALGORITHMS", "HS256"],
    ["EVERGRANT_JWT_ISSUER", "http://idp.example.com"],
    ["EVERGRANT_JWT_JWKS_URL", "idp.example.com/keys"],
    ["EVERGRANT_JWT_AUDIENCE", ","],
  ] as const) {
    expect(faulty({ ...whole, [name]: value }), value).toEqual([name]);
  }
});

it.each(["none", "session", "session=0", "session=-1", "sessions=5", "session=1,session=2", "__proto__=1", "session=1e9", "session=1,"])(
  "%s is no setting of rate limits",
  (setting) => {
    expect(readEnvironment({ EVERGRANT_RATE_LIMITS: setting }).faults.map(({ path }) => path)).toEqual(["EVERGRANT_RATE_LIMITS"]);
  },
);

it("rate limits can be turned off", () => {
  expect(readEnvironment({ EVERGRANT_RATE_LIMITS: "off" }).environment.rateLimits).toBe("off");
});
