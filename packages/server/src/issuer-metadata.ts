/**
 * What an issuer says of itself (OpenID Connect Discovery 1.0, RFC 8414), in our words.
 */
import type { DiscoveredServer } from "@evergrant/providers";
import * as oauth from "oauth4webapi";
import { z } from "zod";
import { type GuardedFetch, TransportError, requestDeadlineMs } from "./guarded-fetch.ts";

/**
 * Reads an issuer's metadata: OpenID Connect Discovery 1.0 §4, then RFC 8414 §3. The issuer in it must be the one asked, exactly.
 *
 * @returns null where no document could be had, or it names another issuer.
 */
export async function discover(issuer: string, fetch: GuardedFetch): Promise<DiscoveredServer | null> {
  const identifier = new URL(issuer);
  for (const algorithm of ["oidc", "oauth2"] as const) {
    try {
      const response = await oauth.discoveryRequest(identifier, {
        algorithm,
        [oauth.customFetch]: (url: string, { method, headers }: oauth.CustomFetchOptions<"GET">) =>
          fetch(url, { method, headers, deadlineMs: requestDeadlineMs }),
        // Which hosts may be asked by http is the guarded fetch's to say.
        [oauth.allowInsecureRequests]: true,
      });
      const document = metadataShape.safeParse(await oauth.processDiscoveryResponse(identifier, response)).data;
      // oauth4webapi compares URLs, to which a trailing slash is nothing; RFC 8414 §3.3 wants the identical string.
      if (document?.issuer === issuer) return toDiscovered(document);
    } catch (error) {
      // It throws a bare TypeError for an issuer in the document that is no URL.
      if (!(error instanceof TransportError || error instanceof oauth.OperationProcessingError || error instanceof TypeError)) throw error;
    }
  }
  return null;
}

const absoluteUrl = z.string().refine((value) => URL.canParse(value));
/** What is optional and makes no sense is as good as absent: some servers write null, or an empty string, for what they lack. */
const optionalUrl = absoluteUrl.optional().catch(undefined);
const names = z.array(z.string()).optional().catch(undefined);

/** What is read of an issuer's metadata (RFC 8414 §2). Who completes an integration with it judges the URLs. */
const metadataShape = z.object({
  issuer: z.string(),
  authorization_endpoint: absoluteUrl,
  token_endpoint: absoluteUrl,
  revocation_endpoint: optionalUrl,
  userinfo_endpoint: optionalUrl,
  jwks_uri: optionalUrl,
  id_token_signing_alg_values_supported: names,
  scopes_supported: names,
  token_endpoint_auth_methods_supported: names,
  code_challenge_methods_supported: names,
  // No nonsense here: taken for absent, it would take the defence against mix-up (RFC 9207) off unseen.
  authorization_response_iss_parameter_supported: z.boolean().nullish(),
});

/** Metadata in our words. */
function toDiscovered(document: z.infer<typeof metadataShape>): DiscoveredServer {
  const { authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint } = document;
  const methods = document.token_endpoint_auth_methods_supported;
  const supported = document.scopes_supported;
  const algorithms = (document.id_token_signing_alg_values_supported ?? ["RS256"]).filter(isAsymmetric);
  return {
    facts: {
      issuer: document.issuer,
      authorizationEndpoint,
      tokenEndpoint,
      ...(document.revocation_endpoint === undefined
        ? {}
        : { revocation: { endpoint: document.revocation_endpoint, method: "rfc7009", ends: "grant" } as const }),
      ...(document.userinfo_endpoint === undefined
        ? {}
        : {
            account: {
              endpoint: document.userinfo_endpoint,
              method: "GET",
              idPath: "sub",
              labelPath: "email",
              headers: {},
            } as const,
          }),
      issParameter: document.authorization_response_iss_parameter_supported === true,
      ...(document.jwks_uri === undefined || algorithms.length === 0
        ? {}
        : {
            idToken: { jwksUri: document.jwks_uri, algorithms },
            accountIn: { source: "id_token", idPath: "sub", labelPath: "email" } as const,
          }),
      // RFC 8414 §2: absent means client_secret_basic.
      clientAuthentication:
        methods !== undefined && !methods.includes("client_secret_basic") && methods.includes("client_secret_post")
          ? "client_secret_post"
          : "client_secret_basic",
      // Sent also where the document is silent: a server that does not know it ignores it (RFC 6749 §3.1).
      pkce: document.code_challenge_methods_supported?.includes("S256") === true ? "required" : "supported",
      // Without consent, OpenID Connect Core §11 lets a server pass over offline_access.
      offlineAccess:
        supported?.includes("offline_access") === true
          ? { scopes: ["offline_access"], parameters: { prompt: "consent" } }
          : { scopes: [], parameters: {} },
    },
    scopesSupported: supported ?? null,
  };
}

/** Whether a signature algorithm's keys can be public: `none` and shared secrets prove nothing to us. */
function isAsymmetric(algorithm: string): boolean {
  return /^(RS|PS|ES|Ed)/.test(algorithm);
}
