import { describe, expect, it } from "vitest";
import { type InlineProvider, inlineProviderShape, providerShape } from "./index.ts";

const endpoints = { authorizationEndpoint: "https://acme.example/authorize", tokenEndpoint: "https://acme.example/token" };

it("an authorization endpoint and a token endpoint are enough; all else is as RFC 6749 has it", () => {
  expect(inlineProviderShape.parse(endpoints)).toEqual({
    ...endpoints,
    issParameter: false,
    urlParameters: [],
    clientAuthentication: "client_secret_basic",
    clientSecretFormat: "text",
    clientIdParameter: "client_id",
    pkce: "supported",
    codeChallengeMethod: "S256",
    scopeSeparator: " ",
    scopeParameter: "scope",
    scopeSentWith: ["authorization"],
    aliasPrefixes: [],
    openTo: [],
    defaultScopes: [],
    offlineAccess: { scopes: [], parameters: {} },
    apiAuthorization: { header: "Authorization" },
    resourceHosts: [],
    tokenRefusals: [],
    authorizationParameters: {},
    tokenParameters: {},
    refreshParameters: {},
    tokenRequestFormat: "form",
    tokenParametersIn: "body",
    captures: { callback: [], token: [] },
    tokenFields: { scope: "scope", expiresIn: "expires_in", refreshTokenExpiresIn: "refresh_token_expires_in" },
    errorMap: [],
    accessTokenLifetimeSeconds: null,
    refreshTokenLifetimeSeconds: null,
    grantLifetimeSeconds: null,
    grantsPerAccount: null,
    refreshLimit: null,
    rotation: { mode: "unknown" },
    refreshEndsAccessToken: false,
    quirks: [],
  });
});

it("what a provider says in part is filled up", () => {
  const provider = inlineProviderShape.parse({
    ...endpoints,
    tokenFields: { expiresIn: "expires" },
    captures: { callback: ["realmId"] },
    apiAuthorization: { scheme: "OAuth" },
    errorMap: [{ codes: ["bad_refresh_token"], means: "invalid_grant" }],
    revocation: { endpoint: "https://acme.example/revoke", method: "request", request: { httpMethod: "DELETE" } },
  });
  expect(provider.tokenFields).toEqual({ scope: "scope", expiresIn: "expires", refreshTokenExpiresIn: "refresh_token_expires_in" });
  expect(provider.captures).toEqual({ callback: ["realmId"], token: [] });
  expect(provider.apiAuthorization).toEqual({ header: "Authorization", scheme: "OAuth" });
  expect(provider.errorMap).toEqual([{ member: "error", codes: ["bad_refresh_token"], means: "invalid_grant" }]);
  expect(provider.revocation).toMatchObject({
    ends: "grant",
    request: { httpMethod: "DELETE", format: "form", parameters: {}, headers: {} },
  });
});

describe("is refused", () => {
  const revocation = { endpoint: "https://acme.example/revoke" };

  it.each<[string, Partial<InlineProvider>]>([
    ["an endpoint without https", { tokenEndpoint: "http://acme.example/token" }],
    ["an endpoint with user info", { tokenEndpoint: "https://a:b@acme.example/token" }],
    ["an endpoint with a fragment", { tokenEndpoint: "https://acme.example/token#a" }],
    ["a path with nothing between dots", { accountIn: { source: "callback", idPath: "data..id", labelPath: "name" } }],
    ["a request to revoke by that is not spelled out", { revocation: { ...revocation, method: "request" } }],
    ["a request spelled out for a method that has its own", { revocation: { ...revocation, request: {} } }],
    ["an API host with a scheme", { resourceHosts: ["https://api.acme.example"] }],
    ["all hosts there are", { resourceHosts: ["*"] }],
    ["all hosts of a top-level domain", { resourceHosts: ["*.example"] }],
    ["a limit of no refreshes", { refreshLimit: { grants: 0, withinSeconds: 60 } }],
  ])("%s", (_name, changes) => expect(inlineProviderShape.safeParse({ ...endpoints, ...changes }).success).toBe(false));

  it("a provider of the catalogue that does not say where its facts come from", () => {
    const { error } = providerShape.safeParse({ ...endpoints, id: "acme", name: "Acme", scopes: {} });
    expect(error?.issues.map(({ path }) => path.join("."))).toEqual(["docsUrl", "confidence"]);
  });
});
