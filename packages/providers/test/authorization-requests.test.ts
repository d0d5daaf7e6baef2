import { describe, expect, it } from "vitest";
import { authorizationUrl } from "../scripts/authorization-url.ts";
import { providerIds } from "../src/catalogue.ts";
import { providerWithHost } from "./provider-with-host.ts";

const request = {
  clientId: "client-7",
  redirectUri: "https://evergrant.example.com/oauth/callback/acme",
  state: "state-of-this-request",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
};
/** The challenge of that verifier, as RFC 7636 appendix B gives it. */
const codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const facts = new Map(await Promise.all(providerIds.map(async (id) => [id, await providerWithHost(id)] as const)));

describe.each([...facts])("%s", (_, provider) => {
  const scopes = [...provider.defaultScopes, ...(provider.offlineAccess?.scopes ?? [])];
  const url = authorizationUrl(provider, { ...request, scopes });

  it("asks for a code at its authorization endpoint, for this client, redirect URI and state", () => {
    expect(`${url.origin}${url.pathname}`).toBe(provider.authorizationEndpoint);
    expect(url.hash + url.username + url.password).toBe("");
    expect(url.href).not.toMatch(/[{}]|%7B|%7D/);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      [provider.clientIdParameter]: "client-7",
      redirect_uri: request.redirectUri,
      state: request.state,
    });
  });

  it("names what it asks for as the provider wants it, and everything once", () => {
    const written = url.searchParams.get(provider.scopeParameter);
    const sent = provider.scopeSentWith.includes("authorization") && scopes.length > 0;
    expect(written?.split(provider.scopeSeparator) ?? null).toEqual(sent ? scopes : null);
    const names = [...url.searchParams.keys()];
    expect(new Set(names).size).toBe(names.length);
  });

  it("carries a code challenge where the provider takes one, and whatever else it wants", () => {
    const method = provider.authorizationParameters["code_challenge_method"] ?? provider.codeChallengeMethod;
    const challenge = provider.codeChallengeMethod === "plain" ? request.codeVerifier : codeChallenge;
    expect([url.searchParams.get("code_challenge"), url.searchParams.get("code_challenge_method")]).toEqual(
      provider.pkce === "unsupported" ? [null, null] : [challenge, method],
    );
    const parameters = { ...provider.authorizationParameters, ...provider.offlineAccess?.parameters };
    expect(Object.fromEntries(url.searchParams)).toMatchObject(parameters);
  });
});

describe("what single providers want", () => {
  const urlOf = (id: string, scopes: string[]) => {
    const provider = facts.get(id);
    if (provider === undefined) throw new Error(`${id} is not in the catalogue`);
    return authorizationUrl(provider, { ...request, scopes });
  };

  it.each([
    ["tiktok", "client_key=client-7"],
    ["google", "access_type=offline"],
    ["reddit", "duration=permanent"],
    ["dropbox", "token_access_type=offline"],
    ["atlassian", "audience=api.atlassian.com"],
    ["notion", "owner=user"],
    ["apple", "response_mode=form_post"],
    ["canva", "code_challenge_method=s256"],
    ["myanimelist", `code_challenge=${request.codeVerifier}`],
    ["slack-user", "user_scope=a%2Cb"],
    ["slack", "scope=a%2Cb"],
    ["github", "scope=a+b"],
  ])("%s: %s", (id, part) => expect(urlOf(id, ["a", "b"]).search.slice(1).split("&")).toContain(part));

  it.each(["tiktok", "slack-user", "bitbucket", "pipedrive"])("%s: nothing that others want instead", (id) => {
    const { searchParams } = urlOf(id, ["a"]);
    expect(searchParams.has("scope") && searchParams.has("client_id")).toBe(false);
  });
});
