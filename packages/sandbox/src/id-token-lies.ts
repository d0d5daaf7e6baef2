/**
 * ID tokens that lie, each in one way: all else about them is true, and all but one are signed as the real one was.
 */
import { type KeyObject, generateKeyPairSync, sign } from "node:crypto";
import { z } from "zod";

export const idTokenLieShape = z.enum([
  "missing",
  "wrong-issuer",
  "wrong-audience",
  "more-audiences",
  "wrong-party",
  "wrong-nonce",
  "no-nonce",
  "other-subject",
  "expired",
  "from-the-future",
  "altered",
  "other-key",
  "unknown-key",
  "alg-none",
  "alg-hmac",
  "nonsense",
]);
export type IdTokenLie = z.output<typeof idTokenLieShape>;

type Claims = Record<string, unknown>;
const hourSeconds = 3_600;

const altered: Partial<Record<IdTokenLie, (claims: Claims) => Claims>> = {
  "wrong-issuer": () => ({ iss: "https://elsewhere.example" }),
  "wrong-audience": () => ({ aud: "another-client" }),
  "more-audiences": ({ aud }) => ({ aud: [aud, "another-client"] }),
  "wrong-party": () => ({ azp: "another-client" }),
  "wrong-nonce": () => ({ nonce: "of-another-request" }),
  "no-nonce": () => ({ nonce: undefined }),
  "other-subject": () => ({ sub: "mallory" }),
  expired: ({ iat }) => ({ iat: Number(iat) - 2 * hourSeconds, exp: Number(iat) - hourSeconds }),
  "from-the-future": ({ iat, exp }) => ({ iat: Number(iat) + hourSeconds, exp: Number(exp) + hourSeconds }),
};

/**
 * The token that a lying server would send in the place of `idToken`; undefined: none.
 *
 * @param key What the real one was signed with, by RS256.
 */
export function lieAbout(idToken: string, lie: IdTokenLie, key: KeyObject): string | undefined {
  if (lie === "missing") return undefined;
  if (lie === "nonsense") return "not.a.token";
  const [header = "", payload = "", signature = ""] = idToken.split(".");
  const alg = (name: string, more: Claims = {}) => encode({ ...decode(header), alg: name, ...more });
  if (lie === "alg-none") return `${alg("none")}.${payload}.`;
  // What would hold for a client that took the public key, which everybody has, for a shared secret.
  if (lie === "alg-hmac") return `${alg("HS256")}.${payload}.${signature}`;
  if (lie === "altered") return `${header}.${encode({ ...decode(payload), sub: "mallory" })}.${signature}`;
  const claims = encode({ ...decode(payload), ...altered[lie]?.(decode(payload)) });
  const head = lie === "unknown-key" ? alg("RS256", { kid: "nobody-has-it" }) : header;
  const signer = lie === "other-key" ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey : key;
  return `${head}.${claims}.${sign("sha256", Buffer.from(`${head}.${claims}`), signer).toString("base64url")}`;
}

function decode(part: string): Claims {
  const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function encode(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
