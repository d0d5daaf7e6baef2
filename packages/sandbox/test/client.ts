/**
 * An OAuth client for the tests: oauth4webapi against a sandbox, as a careful app would use it.
 */
import * as oauth from "oauth4webapi";
import { startSandbox, type Sandbox, type SandboxOptions } from "../src/index.ts";
import { openBrowser, type Browser } from "./browser.ts";

/** Never contacted. */
export const redirectUri = "http://127.0.0.1:9/callback";

const allScopes = "openid profile email notes:read notes:write offline_access";

/** A sandbox without pages, for one client. */
export function startAutomatic(options: SandboxOptions = {}): Promise<Sandbox> {
  return startSandbox({
    consent: "automatic",
    clients: [{ clientId: "app", clientSecret: "a secret:/+%", redirectUris: [redirectUri] }],
    ...options,
  });
}

const http = { [oauth.allowInsecureRequests]: true, signal: () => AbortSignal.timeout(5000) };

/** The client of a sandbox's first registration. */
export async function createTestClient(sandbox: Sandbox) {
  const issuer = new URL(sandbox.issuer);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...http, algorithm: "oauth2" }));
  const client = { client_id: sandbox.client.clientId };
  const authentication = oauth.ClientSecretBasic(sandbox.client.clientSecret);

  /** An authorization request with PKCE (RFC 7636), and what it takes to finish it. */
  const request = async (parameters: Record<string, string> = {}) => {
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
    const url = new URL(sandbox.authorizationEndpoint);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: redirectUri,
      scope: allScopes,
      prompt: "consent",
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...parameters,
    }).toString();
    const redeem = async (back: URL, now?: Date) => {
      const answer = oauth.validateAuthResponse(server, client, back, state);
      const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, answer, redirectUri, verifier, http);
      const skew = now === undefined ? {} : { [oauth.clockSkew]: Math.round((now.getTime() - Date.now()) / 1000) };
      return oauth.processAuthorizationCodeResponse(server, { ...client, ...skew }, response);
    };
    return { url: url.href, state, redeem };
  };
  /** A refresh token grant; the raw answer. */
  const refreshRequest = (refreshToken: string) => oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, http);

  return {
    server,
    request,
    refreshRequest,
    /** Through authorization and code in one go, under automatic consent. */
    connect: async (parameters?: Record<string, string>, browser: Browser = openBrowser(redirectUri)) => {
      const { url, redeem } = await request(parameters);
      const end = await browser.visit(url);
      if (end.html !== "") throw new Error(`Stuck on a page: ${end.html}`);
      return redeem(end.url);
    },
    refresh: async (refreshToken = "") => oauth.processRefreshTokenResponse(server, client, await refreshRequest(refreshToken)),
    introspect: async (token: string) =>
      oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, authentication, token, http)),
    revoke: async (token: string) =>
      oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, token, http)),
  };
}

/** A request to a protected resource (RFC 6750 §2.1); with a text, a note is written. */
export function ask(url: string, accessToken: string, text?: string): Promise<Response> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return fetch(url, text === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify({ text }) });
}
