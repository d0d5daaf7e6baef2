/**
 * The host app's own identity provider: whose JWTs (RFC 7519) are taken for sessions of the subjects that they name.
 */
import { z } from "zod";
import { isLoopbackHost } from "./endpoint.ts";

/** Signatures by a private key that the provider alone has (RFC 7518 §3.1, RFC 8037): never `none`, and never a shared secret. */
export const jwtAlgorithmShape = z.enum(
  ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
  { error: "an algorithm of public keys, such as RS256, ES256 or EdDSA; none and HS256 are never taken" },
);
export type JwtAlgorithm = z.infer<typeof jwtAlgorithmShape>;

const isHttpsUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || (protocol === "http:" && isLoopbackHost(hostname));
};
const httpsUrl = z.string().refine(isHttpsUrl, "an https URL (http only for a loopback host)");

export const identityProviderShape = z.strictObject({
  /** What `iss` must be, character by character. */
  issuer: httpsUrl,
  /** What `aud` must name one of: this server as the provider knows it, so that a token for another API is none here. */
  audience: z.array(z.string().min(1, "must not be empty")).min(1, "name at least one audience"),
  /** Where its public keys are (RFC 7517 §5); left out, what OpenID Connect Discovery of the issuer says. */
  jwksUrl: httpsUrl.optional(),
  /** The claim that names the subject as the app names it. */
  subjectClaim: z.string().min(1, "must not be empty").default("sub"),
  algorithms: z.array(jwtAlgorithmShape).min(1, "name at least one algorithm").default(["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]),
  /** How far the clocks of the two may be apart. */
  clockToleranceSeconds: z.number().int().min(0).max(300).default(30),
});
export type IdentityProviderInput = z.input<typeof identityProviderShape>;
export type IdentityProviderSettings = z.output<typeof identityProviderShape>;
