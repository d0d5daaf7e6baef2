import { inlineProviderShape } from "@evergrant/schema";
import { describe, expect, it } from "vitest";
import { createAuthorizationRequest } from "./authorization-request.ts";

const described = { authorizationEndpoint: "https://as.example/authorize?tenant=1", tokenEndpoint: "https://as.example/token" };
const request = { clientId: "an id", redirectUri: "https://evergrant.example/oauth/callback/as", scopes: ["a", "b"] };

describe("createAuthorizationRequest", () => {
  it("asks as RFC 6749 §4.1.1 and RFC 7636 §4.3 have it", () => {
    const { url, state, codeVerifier } = createAuthorizationRequest(inlineProviderShape.parse(described), request);
    const { origin, pathname, searchParams } = new URL(url);
    expect(`${origin}${pathname}`).toBe("https://as.example/authorize");
    expect(Object.fromEntries(searchParams)).toEqual({
      tenant: "1",
      response_type: "code",
      client_id: "an id",
      redirect_uri: request.redirectUri,
      scope: "a b",
      state,
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(Buffer.from(state, "base64url")).toHaveLength(32);
    expect(codeVerifier).toMatch(/^[\w-]{43}$/);
    expect(url).not.toContain(codeVerifier);
  });

  it("makes no two alike", () => {
    const facts = inlineProviderShape.parse(described);
    const made = Array.from({ length: 100 }, () => createAuthorizationRequest(facts, request));
    expect(new Set(made.map(({ state }) => state)).size).toBe(100);
    expect(new Set(made.map(({ codeVerifier }) => codeVerifier)).size).toBe(100);
  });

  it("follows the provider's facts: separator, parameters, no PKCE where it is unsupported, no scope where there is none", () => {
    const facts = inlineProviderShape.parse({
      ...described,
      pkce: "unsupported",
      scopeSeparator: ",",
      authorizationParameters: { audience: "api" },
      offlineAccess: { parameters: { access_type: "offline" } },
    });
    const { url, codeVerifier } = createAuthorizationRequest(facts, request);
    const { searchParams } = new URL(url);
    expect(codeVerifier).toBeNull();
    expect(Object.fromEntries(searchParams)).toMatchObject({ scope: "a,b", audience: "api", access_type: "offline" });
    expect([...searchParams.keys()].filter((name) => name.startsWith("code_challenge"))).toEqual([]);
    expect(new URL(createAuthorizationRequest(facts, { ...request, scopes: [] }).url).searchParams.has("scope")).toBe(false);
  });
});
