import * as oauth from "oauth4webapi";
import { describe, expect, it } from "vitest";
import { ask, createTestClient, redirectUri, startAutomatic } from "../test/client.ts";
import { openBrowser } from "../test/browser.ts";
import { SandboxError, startSandbox } from "./index.ts";

const invalidGrant = { error: "invalid_grant", status: 400 };

describe("the flow", () => {
  it("takes a code with PKCE, names its issuer, and gives tokens that work where their scopes reach", async () => {
    await using sandbox = await startAutomatic();
    const { connect, introspect, server } = await createTestClient(sandbox);
    expect(server).toMatchObject({
      issuer: sandbox.issuer,
      authorization_endpoint: sandbox.authorizationEndpoint,
      token_endpoint: sandbox.tokenEndpoint,
      revocation_endpoint: sandbox.revocationEndpoint,
      introspection_endpoint: sandbox.introspectionEndpoint,
      userinfo_endpoint: sandbox.userinfoEndpoint,
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    });
    const openid = await fetch(`${sandbox.issuer}/.well-known/openid-configuration`);
    expect(await openid.json()).toMatchObject({ issuer: sandbox.issuer, token_endpoint: sandbox.tokenEndpoint });

    const tokens = await connect();
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 60, refresh_token: expect.any(String), id_token: expect.any(String) });
    expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe("alice");
    expect(await introspect(tokens.access_token)).toMatchObject({ active: true, sub: "alice", client_id: "app" });
    expect(await (await ask(sandbox.accountEndpoint, tokens.access_token)).json()).toEqual({
      id: "alice",
      name: "Alice",
      email: "alice@sandbox.example",
    });
    expect(await (await ask(sandbox.userinfoEndpoint, tokens.access_token)).json()).toMatchObject({
      sub: "alice",
      name: "Alice",
      email: "alice@sandbox.example",
    });
    const written = await ask(sandbox.resourceUrl, tokens.access_token, "Call Bob");
    expect(written.status).toBe(201);
    expect(await (await ask(sandbox.resourceUrl, tokens.access_token)).json()).toEqual({ notes: ["Buy milk", "Call Bob"] });
  });

  it("refuses a request without PKCE, a redirection endpoint it does not know exactly, and a replayed code", async () => {
    await using sandbox = await startAutomatic();
    const { request } = await createTestClient(sandbox);
    const { url, redeem } = await request();
    const browser = openBrowser(redirectUri);

    const withoutChallenge = new URL(url);
    withoutChallenge.searchParams.delete("code_challenge");
    withoutChallenge.searchParams.delete("code_challenge_method");
    expect((await browser.visit(withoutChallenge.href)).url.searchParams.get("error")).toBe("invalid_request");

    const elsewhere = new URL(url);
    elsewhere.searchParams.set("redirect_uri", `${redirectUri}/deeper`);
    const refusal = await openBrowser("http://127.0.0.1:9/nowhere").visit(elsewhere.href);
    expect(refusal.status).toBe(400);
    expect(refusal.html).toContain("redirect_uri");
    expect(refusal.headers.get("content-security-policy")).toContain("default-src 'none'");

    const back = (await browser.visit(url)).url;
    expect(back.searchParams.get("iss")).toBe(sandbox.issuer);
    const { refresh_token } = await redeem(back);
    await expect(redeem(back)).rejects.toMatchObject(invalidGrant);
    expect(await sandbox.isAlive(refresh_token ?? "")).toBe(false);
  });

  it("gives a refresh token for offline_access with prompt=consent only (OpenID Connect Core §11)", async () => {
    await using sandbox = await startAutomatic();
    const { connect } = await createTestClient(sandbox);
    expect((await connect({ scope: "notes:read offline_access" })).refresh_token).toBeTypeOf("string");
    expect((await connect({ scope: "notes:read" })).refresh_token).toBeUndefined();
    const unprompted = await connect({ scope: "notes:read offline_access", prompt: "" });
    expect(unprompted.refresh_token).toBeUndefined();
    expect(unprompted.scope).toBe("notes:read");
  });

  it("learns of a redirection endpoint late, and compares it exactly", async () => {
    await using sandbox = await startAutomatic({
      clients: [{ clientId: "app", clientSecret: "s", redirectUris: ["http://127.0.0.1:9/other"] }],
    });
    const { connect } = await createTestClient(sandbox);
    await expect(connect()).rejects.toThrow("redirect_uri");
    sandbox.registerRedirectUri(redirectUri);
    expect(await connect()).toHaveProperty("access_token");
    expect(() => sandbox.registerRedirectUri("/relative")).toThrow(expect.objectContaining({ code: "invalid_redirect_uri" }));
    expect(() => sandbox.registerRedirectUri(redirectUri, "nobody")).toThrow(expect.objectContaining({ code: "unknown_client" }));
  });

  it("logs in whom the login hint or the test names, in one browser too", async () => {
    await using sandbox = await startAutomatic();
    const { connect } = await createTestClient(sandbox);
    const browser = openBrowser(redirectUri);
    const whoami = async (parameters?: Record<string, string>) =>
      (await ask(sandbox.accountEndpoint, (await connect({ scope: "notes:read", ...parameters }, browser)).access_token)).json();
    expect(await whoami()).toMatchObject({ id: "alice" });
    sandbox.setAccount("carol", "carol@example.com");
    expect(await whoami()).toEqual({ id: "carol", name: "carol@example.com", email: "carol@example.com" });
    // The hint is OpenID Connect's, and oidc-provider takes it without `openid` too.
    expect(await whoami({ login_hint: "bob" })).toMatchObject({ id: "bob", name: "Bob" });
    sandbox.reset();
    expect(await whoami()).toMatchObject({ id: "alice" });
  });
});

describe("protected resources", () => {
  it("ask for a token, for a valid one, and for its scope, each in the words of RFC 6750", async () => {
    await using sandbox = await startAutomatic();
    const { connect } = await createTestClient(sandbox);
    const { access_token } = await connect({ scope: "notes:read" });
    const challenges = async (response: Response) => [response.status, response.headers.get("www-authenticate")];
    expect(await challenges(await fetch(sandbox.resourceUrl))).toEqual([401, 'Bearer realm="sandbox"']);
    expect(await challenges(await ask(sandbox.resourceUrl, "nonsense"))).toEqual([401, 'Bearer realm="sandbox", error="invalid_token"']);
    expect(await challenges(await ask(sandbox.resourceUrl, access_token, "Call Bob"))).toEqual([
      403,
      'Bearer realm="sandbox", error="insufficient_scope", scope="notes:write"',
    ]);
    expect((await ask(sandbox.accountEndpoint, access_token)).status).toBe(200);
    expect((await ask(sandbox.userinfoEndpoint, access_token)).status).toBe(403);
  });
});

describe("rotation", () => {
  it("strict: a refresh token works once, and its reuse ends the family", async () => {
    await using sandbox = await startAutomatic();
    const { connect, refresh } = await createTestClient(sandbox);
    const first = await connect();
    const second = await refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const bystander = await connect();
    expect(await sandbox.isAlive(first.refresh_token ?? "")).toBe(true);

    await expect(refresh(first.refresh_token)).rejects.toMatchObject(invalidGrant);
    expect(await sandbox.isAlive(second.refresh_token ?? "")).toBe(false);
    await expect(refresh(second.refresh_token)).rejects.toMatchObject(invalidGrant);
    for (const { access_token } of [first, second]) expect((await ask(sandbox.accountEndpoint, access_token)).status).toBe(401);
    expect(await sandbox.isAlive(bystander.refresh_token ?? "")).toBe(true);
  });

  it("strict: of requests at the same moment one is served at most, and the family dies", async () => {
    await using sandbox = await startAutomatic();
    const { connect, refresh } = await createTestClient(sandbox);
    const { refresh_token } = await connect();
    const answers = await Promise.allSettled([1, 2, 3, 4].map(() => refresh(refresh_token)));
    const served = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    expect(served.length).toBeLessThanOrEqual(1);
    for (const { refresh_token: late } of served) await expect(refresh(late)).rejects.toMatchObject(invalidGrant);
    expect(sandbox.livingGrants()).toEqual([]);
  });

  it("grace: a spent refresh token works for a while, then its reuse ends the family", async () => {
    let now = new Date("2026-01-01T00:00:00Z");
    await using sandbox = await startAutomatic({ rotation: "grace", graceSeconds: 30, now: () => now });
    const { connect, refresh } = await createTestClient(sandbox);
    const { refresh_token } = await connect({ scope: "notes:read offline_access" });
    const answers = await Promise.all([1, 2, 3].map(() => refresh(refresh_token)));
    expect(new Set(answers.map((answer) => answer.refresh_token)).size).toBe(3);
    now = new Date("2026-01-01T00:00:29Z");
    await refresh(refresh_token);
    now = new Date("2026-01-01T00:00:30Z");
    await expect(refresh(refresh_token)).rejects.toMatchObject(invalidGrant);
    await expect(refresh(answers[0]?.refresh_token)).rejects.toMatchObject(invalidGrant);
  });

  it("none: the refresh token stays the same", async () => {
    await using sandbox = await startAutomatic({ rotation: "none" });
    const { connect, refresh } = await createTestClient(sandbox);
    const { refresh_token } = await connect();
    expect((await refresh(refresh_token)).refresh_token).toBe(refresh_token);
    expect((await refresh(refresh_token)).refresh_token).toBe(refresh_token);
  });

  it("may end the access token before it, when told to", async () => {
    await using sandbox = await startAutomatic({ refreshEndsAccessToken: true });
    const { connect, refresh } = await createTestClient(sandbox);
    const first = await connect();
    const second = await refresh(first.refresh_token);
    expect((await ask(sandbox.accountEndpoint, first.access_token)).status).toBe(401);
    expect((await ask(sandbox.accountEndpoint, second.access_token)).status).toBe(200);
  });
});

describe("the clock", () => {
  it("ends tokens to the second, stamps what it signs and says, and stands still when it is told to", async () => {
    let now = new Date("2030-05-05T00:00:00.400Z");
    await using sandbox = await startAutomatic({ now: () => now, accessTokenLifetimeSeconds: 60 });
    const { request, introspect, refresh } = await createTestClient(sandbox);
    const { url, redeem } = await request();
    const tokens = await redeem((await openBrowser(redirectUri).visit(url)).url, now);
    expect(oauth.getValidatedIdTokenClaims(tokens)?.iat).toBe(Math.floor(now.getTime() / 1000));
    const { exp = 0 } = await introspect(tokens.access_token);
    expect(Math.abs(exp - (now.getTime() / 1000 + 60))).toBeLessThan(2);

    now = new Date("2030-05-05T00:01:00.399Z");
    expect((await ask(sandbox.resourceUrl, tokens.access_token)).status).toBe(200);
    now = new Date("2030-05-05T00:01:00.400Z");
    expect((await ask(sandbox.resourceUrl, tokens.access_token)).status).toBe(401);
    expect((await introspect(tokens.access_token)).active).toBe(false);
    expect(await refresh(tokens.refresh_token)).toHaveProperty("access_token");
    now = new Date("2030-06-05T00:00:00Z");
    await expect(refresh(tokens.refresh_token)).rejects.toMatchObject(invalidGrant);
  });
});

describe("revocation", () => {
  it("by the client (RFC 7009), by the owner, and of access tokens alone", async () => {
    await using sandbox = await startAutomatic();
    const { connect, refresh, revoke } = await createTestClient(sandbox);
    const [one, two, three] = [await connect(), await connect({ login_hint: "bob" }), await connect({ login_hint: "carol" })];
    expect(sandbox.livingGrants("bob")).toMatchObject([
      { account: "bob", clientId: "app", scopes: expect.arrayContaining(["notes:read"]) },
    ]);

    await revoke(one.refresh_token ?? "");
    await expect(refresh(one.refresh_token)).rejects.toMatchObject(invalidGrant);
    expect((await ask(sandbox.accountEndpoint, one.access_token)).status).toBe(401);

    expect(sandbox.revokeGrant({ account: "bob" })).toBe(1);
    await expect(refresh(two.refresh_token)).rejects.toMatchObject(invalidGrant);
    expect((await ask(sandbox.accountEndpoint, two.access_token)).status).toBe(401);

    sandbox.endAccessTokens("carol");
    expect((await ask(sandbox.accountEndpoint, three.access_token)).status).toBe(401);
    expect((await ask(sandbox.accountEndpoint, (await refresh(three.refresh_token)).access_token)).status).toBe(200);
    expect(sandbox.revokeGrant({ refreshToken: three.refresh_token ?? "" })).toBe(1);
    expect(sandbox.livingGrants()).toEqual([]);
  });
});

describe("starting and stopping", () => {
  it("names the port that is taken, and gives it back when it closes", async () => {
    const sandbox = await startAutomatic();
    const port = Number(new URL(sandbox.issuer).port);
    const error = await startSandbox({ port }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toMatchObject({ code: "port_taken", message: expect.stringContaining(String(port)) });
    await sandbox.close();
    await sandbox.close();
    await (await startSandbox({ port })).close();
    await expect(startSandbox({ clients: [] })).rejects.toMatchObject({ code: "invalid_option" });
    await expect(startSandbox({ accessTokenLifetimeSeconds: 0 })).rejects.toMatchObject({ code: "invalid_option" });
    const clients = [{ clientId: "app", redirectUris: ["app:/callback"] }];
    await expect(startSandbox({ clients })).rejects.toMatchObject({ code: "invalid_redirect_uri" });
  });
});
