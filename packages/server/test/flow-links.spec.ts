import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { authorizationRequests } from "../src/tables.ts";
import { appOrigin, failureOn, land, reachCallback, reachProvider, resultOf, wholeFlow } from "./flow.ts";
import { sandboxIntegration, start, withStatus } from "./start.ts";

const toApp = () => ({ returnOrigins: [appOrigin], allowedOrigins: ["https://pages.example.com"] });
const alice = { integration: "sandbox", subject: "alice" };

describe("a connect link", () => {
  it("opens for a day, and then says that it is too old", async () => {
    await using evergrant = await start();
    const { authorizeUrl, expiresAt } = await evergrant.api.connections.authorize.mutate(alice);
    expect(Date.parse(expiresAt) - evergrant.clock.now().getTime()).toBeCloseTo(24 * 3_600_000, -4);
    evergrant.clock.advanceTo(new Date(Date.parse(expiresAt) - 60_000));
    expect((await land(evergrant.browser(), authorizeUrl)).status).toBe(200);

    evergrant.clock.advanceTo(expiresAt);
    const landing = await land(evergrant.browser(), authorizeUrl);
    expect([landing.status, failureOn(landing)]).toEqual([400, "link_expired"]);
    expect(evergrant.sandbox.counters().authorization).toBe(1);
  });

  it("that was altered anywhere, cut, lengthened or spelled otherwise does not open", async () => {
    await using evergrant = await start();
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate(alice);
    const sealed = authorizeUrl.slice(`${evergrant.publicUrl}/connect/`.length);
    const swap = (at: number) => `${sealed.slice(0, at)}${sealed[at] === "A" ? "B" : "A"}${sealed.slice(at + 1)}`;
    const forged = [
      ...Array.from(sealed, (_, at) => swap(at)),
      sealed.slice(1),
      sealed.slice(0, -1),
      sealed.slice(0, 40),
      `${sealed}A`,
      `A${sealed}`,
      `${sealed}=`,
      `${sealed}.`,
      `${sealed}%20`,
      `%00${sealed}`,
      `${sealed}${sealed}`,
      sealed.toLowerCase(),
      "x",
      "..%2f..%2fhealthz",
    ];
    for (const text of forged) {
      const response = await evergrant.app.request(`/connect/${text}`);
      expect([text, response.status, await response.text()]).toEqual([text, 400, expect.stringContaining("incomplete or was changed")]);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    expect((await land(evergrant.browser(), authorizeUrl)).status).toBe(200);
  });

  it("is nothing else that this server has sealed, and nothing that another has", async () => {
    await using evergrant = await start();
    await using another = await start();
    await reachProvider(evergrant);
    const [request] = await evergrant.database.orm.select().from(authorizationRequests);
    const verifier = Buffer.from(request?.codeVerifier ?? []).toString("base64url");
    expect(verifier.length).toBeGreaterThan(40);
    const foreign = (await another.api.connections.authorize.mutate(alice)).authorizeUrl;
    for (const url of [`${evergrant.publicUrl}/connect/${verifier}`, foreign]) {
      expect(failureOn(await land(evergrant.browser(), url))).toBe("link_invalid");
    }
  });

  it("only looked at, by HEAD as mail scanners do, starts nothing", async () => {
    await using evergrant = await start();
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate(alice);
    const response = await evergrant.app.fetch(new Request(authorizeUrl, { method: "HEAD" }));
    expect([response.status, response.headers.get("location"), response.headers.getSetCookie()]).toEqual([204, null, []]);
    expect(await evergrant.database.orm.select().from(authorizationRequests)).toEqual([]);
  });

  it("to an integration that is gone says so", async () => {
    await using evergrant = await start();
    await evergrant.api.config.put.mutate({
      integration: "passing",
      definition: { ...sandboxIntegration(evergrant.sandbox), ...evergrant.sandbox.client },
    });
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ integration: "passing", subject: "alice" });
    await evergrant.api.config.remove.mutate({ integration: "passing" });
    expect(failureOn(await land(evergrant.browser(), authorizeUrl))).toBe("integration_unavailable");
  });
});

describe("the scopes of a flow", () => {
  it("outside the integration's ceiling are refused before there is a link", async () => {
    await using evergrant = await start();
    for (const scope of ["email", "notes:admin", "NOTES:READ"]) {
      await expect(evergrant.api.connections.authorize.mutate({ ...alice, scopes: ["notes:read", scope] })).rejects.toMatchObject({
        data: { code: "BAD_REQUEST", reason: "scope_not_declared" },
        message: expect.stringContaining(scope),
      });
    }
    expect((await reachProvider(evergrant, { scopes: ["notes:write"] })).url.searchParams.get("scope")).toBe("notes:write offline_access");
  });

  it("are, at a step-up, the union of what is held and what is wanted", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const need = { connectionId, requireScopes: ["notes:write"] };
    const missing = withStatus("missing_scopes", await evergrant.api.tokens.get.query(need));
    const asked = await evergrant.browser().open(missing.authorizeUrl, { stopAt: ({ origin }) => origin === evergrant.sandbox.issuer });
    expect(asked.url.searchParams.get("scope")?.split(" ").toSorted()).toEqual(["notes:read", "notes:write", "offline_access"]);

    // The link that a person asks for does the same as the one in the answer.
    const { url, browser } = await reachProvider(evergrant, { connectionId, scopes: ["notes:write"] });
    expect(url.searchParams.get("scope")?.split(" ").toSorted()).toEqual(["notes:read", "notes:write", "offline_access"]);
    expect((await land(browser, url)).html).toContain(connectionId);
    expect(await evergrant.api.tokens.get.query(need)).toMatchObject({ status: "active", connectionId, generation: 2 });
  });

  it("are never fewer than granted, also where the link is older than the last step-up", async () => {
    await using evergrant = await start();
    const connectionId = await evergrant.connect("alice");
    const { authorizeUrl } = await evergrant.api.connections.authorize.mutate({ ...alice, connectionId });
    await wholeFlow(evergrant, { connectionId, scopes: ["notes:write"] });

    await land(evergrant.browser(), authorizeUrl);
    const { grantedScopes } = await evergrant.api.connections.get.query({ connectionId });
    expect(grantedScopes).toEqual(expect.arrayContaining(["notes:read", "notes:write"]));
  });

  it("that the person leaves out are told as missing, and the connection works with the rest", async () => {
    await using evergrant = await start();
    evergrant.sandbox.faults.add({ on: "authorization", kind: "fewer-scopes", scopes: ["notes:read", "offline_access"] });
    await wholeFlow(evergrant, { scopes: ["notes:read", "notes:write"] });
    const answer = await evergrant.api.tokens.get.query({ ...alice, requireScopes: ["notes:write"] });
    expect(answer).toMatchObject({ status: "missing_scopes", missingScopes: ["notes:write"] });
    expect(await evergrant.api.tokens.get.query(alice)).toMatchObject({
      status: "active",
      scopes: expect.not.arrayContaining(["notes:write"]),
    });
  });
});

describe("returnTo", () => {
  it.each([
    "https://evil.example/done",
    "//evil.example/done",
    "https:evil.example",
    "https:\\\\evil.example",
    "https://app.example.com.evil.example/",
    "https://app.example.com@evil.example/",
    "https://app.example.com%40evil.example/",
    "https://app.example.com:443@evil.example/",
    "https://evil.example\\@app.example.com/",
    "https://evil.example#@app.example.com/",
    "https://evil.example?https://app.example.com",
    "https://app.example.com:8443/",
    "http://app.example.com/",
    "https://sub.app.example.com/",
    "https://app.example.com.:443/",
    "https://аpp.example.com/",
    "/done",
    "done",
    "",
    "javascript:alert(1)//https://app.example.com",
    "data:text/html,https://app.example.com",
    "blob:https://app.example.com/1",
    "ftp://app.example.com/",
    "null",
  ])("%s is refused when the link is made", async (returnTo) => {
    await using evergrant = await start({ config: toApp });
    await expect(evergrant.api.connections.authorize.mutate({ ...alice, returnTo })).rejects.toMatchObject({
      data: { code: "BAD_REQUEST" },
    });
  });

  it.each([
    `${appOrigin}\\@evil.example/`,
    "https://evil.example@app.example.com/",
    `${appOrigin}:443/x`,
    `HTTPS://APP.EXAMPLE.COM/x`,
    `${appOrigin}//evil.example/x`,
    `${appOrigin}/?u=https://evil.example`,
  ])("%s, which a browser takes to the app, ends there", async (returnTo) => {
    await using evergrant = await start({ config: toApp });
    const { browser, callback } = await reachCallback(evergrant, { returnTo });
    const { response } = await browser.open(callback.href, { stopAt: ({ origin }) => origin === appOrigin });
    expect(response).toBeNull();
  });

  it("keeps its own query and fragment, and what it says in our names is overwritten", async () => {
    await using evergrant = await start({ config: toApp });
    const landing = await wholeFlow(evergrant, {
      returnTo: `${appOrigin}/done?tab=a%20b&status=old&confirmation=planted&error=planted#part`,
    });
    expect([landing.url.searchParams.get("tab"), landing.url.hash]).toEqual(["a b", "#part"]);
    expect(resultOf(landing)).toEqual({ status: "connected", connection: expect.stringMatching(/^con_/) });
  });

  it("and openerOrigin are one list's exact origins: another opener is refused", async () => {
    await using evergrant = await start({ config: toApp });
    for (const openerOrigin of ["https://evil.example", `${appOrigin}:8443`, `${appOrigin}/`, "*", "null"]) {
      await expect(evergrant.api.connections.authorize.mutate({ ...alice, openerOrigin })).rejects.toMatchObject({
        data: { code: "BAD_REQUEST" },
      });
    }
    for (const openerOrigin of [appOrigin, "https://pages.example.com"]) {
      expect(await evergrant.api.connections.authorize.mutate({ ...alice, openerOrigin })).toHaveProperty("authorizeUrl");
    }
  });
});

describe("every page", () => {
  it("may run nothing, load nothing, be framed by nobody, and is kept by no cache and in no Referer", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const pages = [
      await land(browser, callback),
      await land(browser, callback),
      await land(evergrant.browser(), callback),
      await land(browser, `${evergrant.publicUrl}/connect/x`),
    ];
    expect(pages.map((page) => failureOn(page))).toEqual([null, "request_used", "other_browser", "link_invalid"]);
    for (const { headers, html } of pages) {
      const policy = headers.get("content-security-policy")?.split("; ") ?? [];
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]),
      );
      expect(policy.join("; ")).not.toMatch(/unsafe|http|\*/);
      const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? "";
      expect(policy).toContain(`style-src '${hashOf(style)}'`);
      expect(html).not.toMatch(/<script|<link(?! rel="icon" href="data:,")|<img|\bsrc=|\bstyle=|\bon\w+=/);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
    }
  });

  it("has one script, allowed by its hash, where an opener is to be told, and names that opener exactly", async () => {
    await using evergrant = await start({ config: toApp });
    const landing = await wholeFlow(evergrant, { openerOrigin: appOrigin });
    const script = /<script>([^<]*)<\/script>/.exec(landing.html)?.[1] ?? "";
    expect(script).toContain("postMessage(message, origin)");
    expect(landing.headers.get("content-security-policy")).toContain(`script-src '${hashOf(script)}'`);
    const told = /data-tell="([^"]*)"/.exec(landing.html)?.[1]?.replaceAll("&quot;", '"') ?? "";
    expect(JSON.parse(told)).toEqual({
      origin: appOrigin,
      message: { source: "evergrant", status: "connected", connection: expect.stringMatching(/^con_/) },
      returnTo: null,
    });
  });

  it("takes a popup's result to returnTo where its opener does not answer: by the script, or by a link", async () => {
    await using evergrant = await start({ config: toApp });
    const { status, html } = await wholeFlow(evergrant, { openerOrigin: appOrigin, returnTo: `${appOrigin}/done?tab=2` });
    const told = /data-tell="([^"]*)"/.exec(html)?.[1]?.replaceAll("&quot;", '"').replaceAll("&amp;", "&") ?? "{}";
    const { returnTo } = JSON.parse(told) as { returnTo: string };
    expect(status).toBe(200);
    expect(Object.fromEntries(new URL(returnTo).searchParams)).toEqual({
      tab: "2",
      status: "connected",
      connection: expect.stringMatching(/^con_/),
    });
    expect(html).toContain(`<a href="${returnTo.replaceAll("&", "&amp;")}">`);
  });

  it("and every redirect holds no secret of the flow", async () => {
    await using evergrant = await start({ config: toApp });
    const { browser, callback } = await reachCallback(evergrant, { returnTo: `${appOrigin}/done` });
    const cookie = browser.cookies("127.0.0.1:4000").split("=")[1];
    const landing = await land(browser, callback);
    for (const secret of [callback.searchParams.get("code"), callback.searchParams.get("state"), cookie]) {
      expect(secret).toHaveLength(43);
      expect(landing.url.href).not.toContain(secret);
    }
  });
});

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
