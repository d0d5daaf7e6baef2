import { describe, expect, it } from "vitest";
import { authorizationRequests } from "../src/tables.ts";
import {
  altered,
  appOrigin,
  expectNothingStored,
  failureOn,
  land,
  landWith,
  reachCallback,
  reachProvider,
  resultOf,
  wholeFlow,
} from "./flow.ts";
import { startHranaServer } from "./hrana-server.ts";
import { sandboxIntegration, start } from "./start.ts";

const toApp = () => ({ returnOrigins: [appOrigin] });

describe("a flow", () => {
  it("goes from a link to the provider and back, and ends in a connection: on a loopback publicUrl nobody has to confirm it", async () => {
    await using evergrant = await start();
    const landing = await wholeFlow(evergrant);

    expect(landing.status).toBe(200);
    const { connections } = await evergrant.api.connections.list.query({ subject: "alice" });
    expect(connections).toMatchObject([
      { status: "active", account: { id: "alice" }, grantedScopes: expect.arrayContaining(["notes:read"]) },
    ]);
    expect(landing.html).toContain(connections[0]?.id);
    expect(await evergrant.api.tokens.get.query({ integration: "sandbox", subject: "alice" })).toMatchObject({
      status: "active",
      generation: 1,
    });
    expect((await evergrant.api.events.list.query({})).events.map(({ type }) => type)).toEqual(["connection.created"]);
    expect(evergrant.sandbox.grants("authorization_code")).toMatchObject([{ outcome: "issued" }]);
  });

  it("goes back to the app where the link names a returnTo, with the result as parameters", async () => {
    await using evergrant = await start({ config: toApp });
    const landing = await wholeFlow(evergrant, { returnTo: `${appOrigin}/done` });
    const { connections } = await evergrant.api.connections.list.query({});
    expect(`${landing.url.origin}${landing.url.pathname}`).toBe(`${appOrigin}/done`);
    expect(resultOf(landing)).toEqual({ status: "connected", connection: connections[0]?.id });
  });

  it("begins with each opening of a link and not before, and two may run in tabs of one browser", async () => {
    await using evergrant = await start();
    const requests = () => evergrant.database.orm.select().from(authorizationRequests);
    const browser = evergrant.browser();
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "sandbox", subject: "alice" });
    expect(await requests()).toEqual([]);

    const open = () => browser.open(authorizeUrl, { stopAt: ({ origin }) => origin === evergrant.sandbox.issuer });
    const tabs = [(await open()).url, (await open()).url];
    expect(new Set(tabs.map((url) => url.searchParams.get("state"))).size).toBe(2);
    expect(new Set(tabs.map((url) => url.searchParams.get("code_challenge"))).size).toBe(2);
    expect(await requests()).toHaveLength(2);
    for (const tab of tabs) expect((await land(browser, tab)).status).toBe(200);
    expect(evergrant.sandbox.grants("authorization_code")).toHaveLength(2);
  });

  it("asks with a state of 256 bits, PKCE by S256, and the redirect URI that is registered", async () => {
    await using evergrant = await start();
    const { url } = await reachProvider(evergrant);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      client_id: evergrant.sandbox.client.clientId,
      redirect_uri: "http://127.0.0.1:4000/oauth/callback/sandbox",
      scope: "notes:read offline_access",
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    expect(url.href).not.toContain(encodeURIComponent(evergrant.sandbox.client.clientSecret));
  });

  it("redeems a code only with its own verifier: under another challenge it comes to nothing", async () => {
    await using evergrant = await start();
    const { browser, url } = await reachProvider(evergrant);
    const landing = await land(browser, altered(url, { code_challenge: "A".repeat(43) }));
    expect(failureOn(landing)).toBe("exchange_failed");
    await expectNothingStored(evergrant, 1);
  });

  it("is not tried again without PKCE where the provider refuses the challenge", async () => {
    await using evergrant = await start();
    const { browser, url } = await reachProvider(evergrant);
    expect(failureOn(await land(browser, altered(url, { code_challenge: null, code_challenge_method: null })))).toBe("provider_error");
    await expectNothingStored(evergrant);
  });
});

describe("state", () => {
  it("is used once: replayed, it is refused and the code is not sent again", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    expect((await land(browser, callback)).status).toBe(200);

    const replayed = await land(browser, callback);
    expect([replayed.status, failureOn(replayed)]).toEqual([400, "request_used"]);
    expect(failureOn(await land(browser, altered(callback, { code: "another" })))).toBe("request_used");
    expect(evergrant.sandbox.grants()).toHaveLength(1);
    expect((await evergrant.api.connections.list.query({})).connections).toHaveLength(1);
  });

  it("is used once, also by two responses at one moment", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const landings = await Promise.all([land(browser, callback), land(browser, callback), land(browser, callback)]);
    expect(landings.map(failureOn).filter((failure) => failure === "request_used")).toHaveLength(2);
    expect(landings.map(failureOn)).toContain(null);
    expect(evergrant.sandbox.grants()).toHaveLength(1);
  });

  it.each([
    ["unknown", "A".repeat(43)],
    ["empty", ""],
    ["missing", null],
    ["a megabyte long", "A".repeat(1_000_000)],
  ])("that is %s is refused, and the code goes nowhere", async (_name, state) => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const landing = await land(browser, altered(callback, { state }));
    expect([landing.status, failureOn(landing)]).toEqual([400, "request_unknown"]);
    await expectNothingStored(evergrant);
    expect((await land(browser, callback)).status).toBe(200);
  });

  it("is not used up by HEAD, which answers nothing and asks for nothing", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    await browser.open(callback.href, { method: "HEAD" });
    await expectNothingStored(evergrant);
    expect((await land(browser, callback)).status).toBe(200);
  });

  it("lasts ten minutes: before that the provider may take its time, after that the code is not sent", async () => {
    await using evergrant = await start();
    const [early, late] = [await reachProvider(evergrant), await reachCallback(evergrant)];
    evergrant.clock.advance(590_000);
    expect((await land(early.browser, early.url)).status).toBe(200);

    evergrant.clock.advance(10_000);
    const landing = await land(late.browser, late.callback);
    expect([landing.status, failureOn(landing)]).toEqual([400, "request_expired"]);
    expect(evergrant.sandbox.grants()).toHaveLength(1);
  });
});

describe("a callback in another browser", () => {
  it("stores nothing and asks for nothing, and the browser that began can still end its flow", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const withoutCookie = evergrant.browser();
    const withItsOwn = (await reachProvider(evergrant, { subject: "mallory" })).browser;

    for (const other of [withoutCookie, withItsOwn]) {
      const landing = await land(other, callback);
      expect([landing.status, failureOn(landing)]).toEqual([400, "other_browser"]);
      await expectNothingStored(evergrant);
    }
    expect((await land(browser, callback)).status).toBe(200);
  });

  it("learns neither where the flow was to end nor whose it was", async () => {
    await using evergrant = await start({ config: toApp });
    const { callback } = await reachCallback(evergrant, {
      returnTo: `${appOrigin}/secret-place`,
      openerOrigin: appOrigin,
      subject: "alice-in-wonderland",
    });
    const landing = await land(evergrant.browser(), callback);
    expect(failureOn(landing)).toBe("other_browser");
    expect(landing.html).not.toMatch(/secret-place|wonderland|app\.example/);
    expect(landing.html).not.toContain("<script");
  });

  it("is not made its own by a cookie of any other form", async () => {
    await using evergrant = await start();
    const { callback } = await reachCallback(evergrant);
    for (const value of ["", "x", "A".repeat(43), `${"A".repeat(43)}; evergrant-flow=${"B".repeat(43)}`]) {
      expect(failureOn(await landWith(evergrant.app, callback, `evergrant-flow=${value}`))).toBe("other_browser");
    }
    await expectNothingStored(evergrant);
  });
});

describe("mix-up", () => {
  const twoIntegrations = (sandbox: Parameters<typeof sandboxIntegration>[0]) => ({
    providers: { sandbox: sandboxIntegration(sandbox), other: { ...sandboxIntegration(sandbox), name: "Other" } },
  });

  it("a response for one integration at the redirect URI of another is refused before any code is sent (RFC 9700 §4.4)", async () => {
    await using evergrant = await start({ config: twoIntegrations });
    const { browser, callback } = await reachCallback(evergrant);
    const atOther = new URL(callback);
    atOther.pathname = "/oauth/callback/other";

    const landing = await land(browser, atOther);
    expect([landing.status, failureOn(landing)]).toEqual([400, "issuer_mismatch"]);
    await expectNothingStored(evergrant);
    // Refused where it did not belong, it is still good where it does.
    expect((await land(browser, callback)).status).toBe(200);
  });

  it.each([
    ["another issuer", () => "https://attacker.example"],
    ["the issuer with a slash more", (issuer: string) => `${issuer}/`],
    ["the issuer under another name", (issuer: string) => issuer.replace("127.0.0.1", "localhost")],
  ])("iss that names %s is refused before any code is sent (RFC 9207 §2.4)", async (_name, iss) => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    expect(callback.searchParams.get("iss")).toBe(evergrant.sandbox.issuer);
    expect(failureOn(await land(browser, altered(callback, { iss: iss(evergrant.sandbox.issuer) })))).toBe("issuer_mismatch");
    await expectNothingStored(evergrant);
  });

  it("iss given twice is refused, whichever of the two is right", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    callback.searchParams.append("iss", "https://attacker.example");
    expect(failureOn(await land(browser, callback))).toBe("response_invalid");
    await expectNothingStored(evergrant);
  });

  it("an error from another issuer is not taken for the provider's own", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const refused = altered(callback, { code: null, error: "access_denied", iss: "https://attacker.example" });
    expect(failureOn(await land(browser, refused))).toBe("issuer_mismatch");
  });

  it("an issuer whose metadata says that it sends iss must send it; with the right one a discovered provider connects", async () => {
    await using evergrant = await start({
      config: ({ issuer, client }) => ({ providers: { sandbox: { provider: { issuer }, ...client, scopes: ["openid", "notes:read"] } } }),
    });
    for (const iss of [null, "", `${evergrant.sandbox.issuer}/`]) {
      const { browser, callback } = await reachCallback(evergrant);
      expect(failureOn(await land(browser, altered(callback, { iss })))).toBe("issuer_mismatch");
    }
    await expectNothingStored(evergrant);

    expect((await wholeFlow(evergrant)).status).toBe(200);
    expect((await evergrant.api.connections.list.query({})).connections).toMatchObject([{ account: { id: "alice" }, status: "active" }]);
  });
});

describe("a flow that the provider refuses", () => {
  it("by access_denied stores nothing, and says so on a page or at returnTo", async () => {
    await using evergrant = await start({ config: toApp });
    evergrant.sandbox.faults.add({ on: "authorization", kind: "error", error: "access_denied", times: "always" });
    const page = await wholeFlow(evergrant);
    expect([page.status, failureOn(page)]).toEqual([400, "access_denied"]);
    const atApp = await wholeFlow(evergrant, { returnTo: `${appOrigin}/done` });
    expect([atApp.url.pathname, resultOf(atApp)]).toEqual(["/done", { status: "failed", error: "access_denied" }]);
    await expectNothingStored(evergrant);
  });

  it.each(["temporarily_unavailable", "server_error", "invalid_scope", "an_error_of_its_own"])(
    "by %s ends in one plain word",
    async (error) => {
      await using evergrant = await start({ config: toApp });
      const { browser, callback } = await reachCallback(evergrant, { returnTo: `${appOrigin}/done` });
      const landing = await land(browser, altered(callback, { code: null, error, error_description: "details" }));
      expect(resultOf(landing)).toEqual({ status: "failed", error: "provider_error" });
      expect(landing.url.href).not.toContain("details");
      await expectNothingStored(evergrant);
    },
  );

  it("by an empty code is no fault of this server, and is not asked about", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    callback.searchParams.set("code", "");
    expect(failureOn(await land(browser, callback))).toBe("provider_error");
    await expectNothingStored(evergrant);
    expect(evergrant.logged.join()).not.toContain("could not be ended");
  });

  it.each(["response", "id_token", "token"])("is not ended by a parameter that nobody asked for: %s (RFC 6749 §4.1.2)", async (name) => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    callback.searchParams.set(name, "unasked");
    expect((await land(browser, callback)).status).toBe(200);
    expect(await evergrant.api.connections.list.query({})).toMatchObject({ connections: [{ status: "active" }] });
  });

  it("by a response with neither code nor error ends in a page, and not in a fault of this server", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const landing = await land(browser, altered(callback, { code: null }));
    expect([landing.status, failureOn(landing)]).toEqual([400, "provider_error"]);
    await expectNothingStored(evergrant);
  });

  it.each([
    ["invalid_grant", { kind: "error", error: "invalid_grant" }, "exchange_failed"],
    ["invalid_client", { kind: "error", error: "invalid_client" }, "integration_unavailable"],
    ["500", { kind: "status", status: 500 }, "provider_error"],
    ["a page of HTML", { kind: "html", status: 200 }, "provider_error"],
    ["a redirect", { kind: "redirect" }, "provider_error"],
    ["a broken connection", { kind: "drop", when: "after" }, "provider_error"],
    ["an endless answer", { kind: "endless" }, "provider_error"],
  ] as const)("at the token endpoint, by %s, stores nothing and shows why", async (_name, fault, error) => {
    await using evergrant = await start();
    evergrant.sandbox.faults.add({ on: "code", ...fault });
    const { browser, callback } = await reachCallback(evergrant);
    const landing = await land(browser, callback);
    expect([landing.status, failureOn(landing)]).toEqual([400, error]);
    // One code, one try: whatever became of it, it is not sent again.
    expect(failureOn(await land(browser, callback))).toBe("request_used");
    await expectNothingStored(evergrant, 1);
    expect(evergrant.sandbox.counters().trap).toBe(0);
  });

  it("by nothing, while this server cannot store the grant, leaves no token alive at the provider", async () => {
    await using server = await startHranaServer();
    await using evergrant = await start({ databaseUrl: server.url });
    const { browser, callback } = await reachCallback(evergrant);
    const held = evergrant.sandbox.hold("code", "after");
    const landing = land(browser, callback);
    await held.arrived;
    server.faults.refuseWrites = true;
    held.release();
    expect((await landing).status).toBeGreaterThanOrEqual(400);
    server.faults.refuseWrites = false;
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    await expectNothingStored(evergrant, 1);
  });

  it.each([
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</p><svg/onload=alert(1)>",
    "javascript:alert(1)",
  ])("in words like %s shows none of them, anywhere", async (payload) => {
    await using evergrant = await start({ config: toApp });
    const [own, others] = [await reachCallback(evergrant), await reachCallback(evergrant, { returnTo: `${appOrigin}/done` })];
    const poison = { code: null, error: payload, error_description: payload, error_uri: payload };
    const landings = [
      await land(own.browser, altered(own.callback, poison)),
      await land(others.browser, altered(others.callback, poison)),
      await land(own.browser, altered(own.callback, { ...poison, state: payload })),
      await land(own.browser, `${evergrant.publicUrl}/oauth/callback/${encodeURIComponent(payload)}?error=${encodeURIComponent(payload)}`),
      await land(own.browser, `${evergrant.publicUrl}/connect/${encodeURIComponent(payload)}`),
    ];
    for (const { html } of landings) expect(html).not.toContain("alert");
    expect(landings[1]?.url.href).toBe(`${appOrigin}/done?status=failed&error=provider_error`);
    expect(landings.map(({ status }) => status)).toEqual([400, null, 400, 400, 400]);
  });
});
