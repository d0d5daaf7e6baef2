import type { IdentityProviderInput } from "@evergrant/schema";
import { sql } from "drizzle-orm";
import { SignJWT, UnsecuredJWT, exportSPKI, importJWK } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createIdentityProvider } from "../src/identity-provider.ts";
import { type SigningKey, type TestIdentityProvider, audience, newSigningKey, startIdentityProvider } from "./identity-provider.ts";
import { openStream } from "./sse.ts";
import { type Started, start, testClock } from "./start.ts";

const clock = testClock();
let provider: TestIdentityProvider;
beforeEach(async () => {
  provider = await startIdentityProvider(clock.now);
});
afterEach(() => provider[Symbol.asyncDispose]());

const startTrusting = (more: object = {}) =>
  start({ app: { now: clock.now, identityProvider: { issuer: provider.issuer, audience: [audience], ...more } } });

async function ask({ app }: Pick<Started, "app">, token: string) {
  const response = await app.request("/trpc/connections.list?input={}", { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const now = () => Math.floor(clock.now().getTime() / 1000);
const flipped = (text: string, at: number) => `${text.slice(0, at)}${text.at(at) === "A" ? "B" : "A"}${text.slice(at + 1)}`;

/** Signed as it should be, with an extension that nobody knows (RFC 7515 §4.1.11): jose signs no such thing. */
async function extended({ algorithm, id, privateKey }: SigningKey, payload: string): Promise<string> {
  const header = JSON.stringify({ alg: algorithm, kid: id, crit: ["exotic"], exotic: true });
  const signed = `${Buffer.from(header).toString("base64url")}.${payload}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

describe("a JWT of the app's identity provider", () => {
  it("has exactly a session's powers for the subject that it names, and is in the audit log under a digest", async () => {
    await using evergrant = await startTrusting();
    const annas = await evergrant.connect("anna");
    const boriss = await evergrant.connect("boris");
    const token = await provider.token();
    const api = evergrant.as(token);
    expect((await api.connections.list.query({})).connections.map(({ id }) => id)).toEqual([annas]);
    await expect(api.connections.get.query({ connectionId: boriss })).rejects.toMatchObject({ data: { httpStatus: 404 } });
    await expect(api.tokens.get.query({ connectionId: annas })).rejects.toMatchObject({ data: { httpStatus: 403 } });
    await expect(api.sessions.create.mutate({ subject: "anna" })).rejects.toMatchObject({ data: { httpStatus: 403 } });
    const [session, byJwt] = [await evergrant.api.sessions.create.mutate({ subject: "anna" }), api];
    expect(await byJwt.events.list.query({})).toEqual(await evergrant.as(session.sessionToken).events.list.query({}));

    const { entries } = await evergrant.api.audit.list.query({ actorKind: "session", subject: "anna" });
    expect(entries.filter(({ actor }) => actor.id?.startsWith("jwt_") === true).length).toBeGreaterThan(2);
    const all = JSON.stringify([await evergrant.database.orm.all(sql`SELECT * FROM audit`), evergrant.logged]);
    for (const part of token.split(".")) expect(all).not.toContain(part);
    expect(provider.reads()).toBe(1);
  });

  it("is accepted as the standards let it be", async () => {
    await using evergrant = await startTrusting();
    const accepted = [{ aud: ["https://another.example", audience] }, { exp: now() - 20 }, { nbf: now() + 29 }, { sub: "x".repeat(256) }];
    for (const claims of accepted) expect((await ask(evergrant, await provider.token(claims))).status, JSON.stringify(claims)).toBe(200);
    for (const typ of ["JWT", "jwt", "at+jwt", "application/at+JWT"])
      expect((await ask(evergrant, await provider.token({}, { header: { typ } }))).status).toBe(200);
  });

  it("is refused by the constant 401 for whatever is wrong with it", async () => {
    await using evergrant = await startTrusting();
    const { key, token } = provider;
    const good = await token();
    const [header = "", payload = "", signature = ""] = good.split(".");
    const publicKey = await importJWK(key.publicJwk, key.algorithm, { extractable: true });
    if (publicKey instanceof Uint8Array) throw new Error("a public key is no secret");
    const claims = { iss: provider.issuer, aud: audience, sub: "anna", exp: now() + 300 };
    const withSecret = (secret: string) => new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: key.id }).sign(Buffer.from(secret));
    const another = await newSigningKey(key.id);
    const unlisted = await newSigningKey("unlisted", "ES384");
    provider.shown.push(unlisted.publicJwk, { kty: "oct", k: Buffer.from("a secret in a public place").toString("base64url"), kid: "oct" });
    const refused: Record<string, string> = {
      "no algorithm": new UnsecuredJWT(claims).encode(),
      "the algorithm none, signed": [Buffer.from('{"alg":"none"}').toString("base64url"), payload, signature].join("."),
      "HS256 with the public key as its secret": await withSecret(await exportSPKI(publicKey)),
      "HS256 with the public JWK as its secret": await withSecret(JSON.stringify(key.publicJwk)),
      "HS256 with a key that is shown": await withSecret("a secret in a public place"),
      "an algorithm that is not on the list": await token({}, { key: unlisted }),
      "another's key under the same id": await token({}, { key: another }),
      "a key that it brings itself": await token({}, { key: another, header: { jwk: another.publicJwk } }),
      "a key from where it says": await token({}, { key: another, header: { jku: `${provider.issuer}/keys` } }),
      "an unknown key": await token({}, { header: { kid: "unknown" } }),
      "an extension that must be understood": await extended(key, payload),
      "a logout token": await token({ events: {} }, { header: { typ: "logout+jwt" } }),
      "a proof of possession": await token({}, { header: { typ: "dpop+jwt" } }),
      "another issuer": await token({ iss: "https://another.example" }),
      "nearly the issuer": await token({ iss: `${provider.issuer}/` }),
      "another audience": await token({ aud: "https://another.example" }),
      "no audience": await token({ aud: undefined }),
      "an end that is over": await token({ exp: now() - 31 }),
      "no end": await token({ exp: undefined }),
      "a beginning that is to come": await token({ nbf: now() + 120 }),
      "no subject": await token({ sub: undefined }),
      "an empty subject": await token({ sub: "" }),
      "a subject that is too long": await token({ sub: "x".repeat(257) }),
      "a subject that is a list": await token({ sub: ["anna"] }),
      "an altered payload": [header, flipped(payload, 5), signature].join("."),
      "an altered signature": [header, payload, flipped(signature, 5)].join("."),
      "an altered header": [flipped(header, 5), payload, signature].join("."),
      "no signature": [header, payload, ""].join("."),
      "half a token": good.slice(0, good.length / 2),
      "a token and more": `${good}.${signature}`,
      "nothing of the kind": "not.a.token-at-all",
      "more than 8 KiB": await token({ padding: "x".repeat(8_192) }),
    };
    const answers = new Set<string>();
    for (const [what, each] of Object.entries(refused)) {
      const { status, body } = await ask(evergrant, each);
      expect(status, what).toBe(401);
      answers.add(body);
    }
    expect(answers.size).toBe(1);
    expect((await ask(evergrant, good)).status).toBe(200);
    expect(provider.reads()).toBe(1);
  });

  it("may name its subject in another claim, and its key not at all", async () => {
    await using evergrant = await startTrusting({ subjectClaim: "https://app.example/user", algorithms: ["EdDSA", "RS256"] });
    const [first, second] = [await provider.rotate("EdDSA"), await newSigningKey("second", "EdDSA")];
    provider.shown.push(second.publicJwk);
    const claims = { sub: "auth0|1", "https://app.example/user": "anna" };
    await evergrant.connect("anna");
    for (const key of [first, second]) {
      const { connections } = await evergrant
        .as(await provider.token(claims, { key, header: { kid: undefined } }))
        .connections.list.query({});
      expect(connections).toHaveLength(1);
    }
    const stranger = await newSigningKey("stranger", "EdDSA");
    expect((await ask(evergrant, await provider.token(claims, { key: stranger, header: { kid: undefined } }))).status).toBe(401);
    expect((await ask(evergrant, await provider.token({}, { key: first }))).status).toBe(401);
  });

  it("is none where no identity provider is configured", async () => {
    await using evergrant = await start({ app: { now: clock.now } });
    expect((await ask(evergrant, await provider.token())).status).toBe(401);
    expect(provider.reads()).toBe(0);
  });

  it("ends a stream when it expires", async () => {
    await using evergrant = await start({
      app: { now: clock.now, identityProvider: { issuer: provider.issuer, audience: [audience] }, timing: { credentialCheckMs: 20 } },
    });
    await using stream = await openStream(evergrant.app, await provider.token());
    expect(stream.response.status).toBe(200);
    clock.advance(301_000);
    expect((await stream.next())?.event).toBe("serialized-error");
    expect(await stream.next()).toBeNull();
  });
});

describe("the keys of the identity provider", () => {
  it("are read again when a token names a new one, and at most every 30 seconds however many do", async () => {
    await using evergrant = await startTrusting();
    const old = await provider.token();
    expect((await ask(evergrant, old)).status).toBe(200);
    clock.advance(31_000);
    await provider.rotate();
    const next = await provider.token();
    expect((await Promise.all(Array.from({ length: 5 }, () => ask(evergrant, next)))).map(({ status }) => status)).toEqual(
      Array(5).fill(200),
    );
    expect(provider.reads()).toBe(2);
    expect((await ask(evergrant, old)).status).toBe(401);

    for (let tried = 0; tried < 50; tried += 1) {
      expect((await ask(evergrant, await provider.token({}, { header: { kid: `unknown-${tried}` } }))).status).toBe(401);
    }
    expect(provider.reads()).toBe(2);
    clock.advance(10 * 60_000);
    expect((await ask(evergrant, await provider.token())).status).toBe(200);
    expect(provider.reads()).toBe(3);
  });

  const json = (document: object) => ({ status: 200, body: JSON.stringify(document) });
  const discovery = (keysUrl = `${provider.issuer}/keys`) => json({ issuer: provider.issuer, jwks_uri: keysUrl });
  const shows = (keys: () => object[]) => (path: string) => (path === "/keys" ? json({ keys: keys() }) : discovery());

  it.each<[string, (path: string) => { status: number; body: string }]>([
    ["an error", () => ({ status: 500, body: "{}" })],
    ["a redirect", () => ({ status: 302, body: "" })],
    ["no JSON", () => ({ status: 200, body: "<html>" })],
    ["another issuer's document", () => json({ issuer: "https://another.example", jwks_uri: "https://another.example/keys" })],
    ["a private address", () => discovery("https://10.0.0.1/keys")],
    ["more keys than anybody has", shows(() => Array<object>(65).fill(provider.key.publicJwk))],
    ["a key that is none", shows(() => [{ ...provider.key.publicJwk, x: "AA" }])],
  ])("that cannot be read, for %s, are a passing error and no 401; they are asked for again after five seconds", async (_, fault) => {
    await using evergrant = await startTrusting();
    const token = await provider.token();
    provider.fault = fault;
    const refused = await ask(evergrant, token);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(JSON.parse(refused.body)).toMatchObject({
      error: { data: { code: "SERVICE_UNAVAILABLE", reason: "identity_provider_unavailable" } },
    });
    // Nobody else is kept out, and garbage is still garbage.
    expect((await ask(evergrant, evergrant.apiKey)).status).toBe(200);
    expect((await ask(evergrant, await provider.token({ iss: "https://another.example" }))).status).toBe(401);

    const reads = provider.reads();
    await ask(evergrant, token);
    expect(provider.reads()).toBe(reads);
    provider.fault = null;
    clock.advance(reads > 0 ? 600_000 : 5_001);
    expect((await ask(evergrant, await provider.token())).status).toBe(200);
  });

  it("are used for an hour at most while they cannot be read again; a new key is then no 401 either", async () => {
    await using evergrant = await startTrusting();
    expect((await ask(evergrant, await provider.token())).status).toBe(200);
    provider.fault = () => ({ status: 503, body: "" });
    clock.advance(11 * 60_000);
    expect((await ask(evergrant, await provider.token())).status).toBe(200);
    const unknown = await newSigningKey("unknown");
    clock.advance(6_000);
    expect((await ask(evergrant, await provider.token({}, { key: unknown }))).status).toBe(503);
    clock.advance(50 * 60_000);
    expect((await ask(evergrant, await provider.token())).status).toBe(503);
  });
});

describe("the settings of an identity provider", () => {
  it.each([
    [{ issuer: "http://idp.example.com" }, /issuer.*https/s],
    [{ audience: [] }, /audience.*at least one/s],
    [{ algorithms: ["HS256"] }, /algorithms.*public keys/s],
    [{ algorithms: ["none"] }, /algorithms.*public keys/s],
    [{ algorithms: [] }, /algorithms.*at least one/s],
    [{ jwksUrl: "ftp://idp.example.com/keys" }, /jwksUrl.*https/s],
    [{ subjectClaim: "" }, /subjectClaim/],
    [{ clockToleranceSeconds: 3_600 }, /clockToleranceSeconds/],
  ])("%j is refused", (wrong, told) => {
    const settings = { issuer: "https://idp.example.com", audience: [audience], ...wrong } as IdentityProviderInput;
    const parts = {
      fetch: () => Promise.reject(new Error("nobody is asked")),
      now: clock.now,
      log: { info: () => {}, warn: () => {}, error: () => {} },
    };
    expect(() => createIdentityProvider(settings, parts)).toThrow(told);
  });
});
