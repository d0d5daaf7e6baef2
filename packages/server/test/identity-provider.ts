/**
 * An identity provider for specs: its discovery document and keys over HTTP, tokens as it signs them, and the troubles that it may have.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CompactSign, type CryptoKey, type JWK, exportJWK, generateKeyPair } from "jose";

export interface TestIdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Its key of this moment. */
  readonly key: SigningKey;
  /** What it shows under its JWKS URL. */
  readonly shown: JWK[];
  /** How often its keys were read. */
  reads(): number;
  /** What it answers instead from now on; null: as it should. */
  fault: ((path: string) => { status: number; body: string }) | null;
  /** A token for Anna at this server, for five minutes, unless the claims say otherwise; undefined leaves a claim out. */
  token(claims?: Record<string, unknown>, options?: { key?: SigningKey; header?: Record<string, unknown> }): Promise<string>;
  /** Another key in the place of the ones before. */
  rotate(algorithm?: string): Promise<SigningKey>;
}

export interface SigningKey {
  readonly id: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export const audience = "https://evergrant.example";

/** Makes a key; the id is in the JWK too. */
export async function newSigningKey(id: string, algorithm = "ES256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { id, algorithm, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid: id } };
}

export async function startIdentityProvider(now: () => Date): Promise<TestIdentityProvider> {
  let reads = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (path === "/keys") reads += 1;
    const documents: Record<string, object> = {
      "/.well-known/openid-configuration": { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` },
      "/keys": { keys: provider.shown },
    };
    const document = documents[path];
    const answer = provider.fault?.(path) ?? { status: document === undefined ? 404 : 200, body: JSON.stringify(document ?? {}) };
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  let key = await newSigningKey("first");
  const provider: TestIdentityProvider = {
    issuer: `http://127.0.0.1:${port}`,
    get key() {
      return key;
    },
    shown: [key.publicJwk],
    reads: () => reads,
    fault: null,
    token: (claims = {}, { key: by = key, header = {} } = {}) => {
      const seconds = Math.floor(now().getTime() / 1000);
      const all = { iss: provider.issuer, aud: audience, sub: "anna", iat: seconds, exp: seconds + 300, ...claims };
      const payload = new TextEncoder().encode(JSON.stringify(all));
      return new CompactSign(payload).setProtectedHeader({ alg: by.algorithm, kid: by.id, ...header }).sign(by.privateKey);
    },
    rotate: async (algorithm) => {
      key = await newSigningKey(`key-${Math.random()}`, algorithm);
      provider.shown.splice(0, provider.shown.length, key.publicJwk);
      return key;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return provider;
}
