import type { Sandbox } from "@evergrant/sandbox";
import { describe, expect, it } from "vitest";
import { openBrowser } from "./browser.ts";
import { altered, expectNothingStored, failureOn, land, reachCallback, reachProvider } from "./flow.ts";
import { type Started, sandboxIntegration, start } from "./start.ts";

/** A browser whose requests to the app arrive as a proxy passes them on; those to the sandbox go straight there. */
function browserBehind(evergrant: Started, proxy: (request: Request) => Request) {
  return openBrowser((request) =>
    request.url.startsWith(evergrant.sandbox.issuer) ? fetch(request) : evergrant.app.fetch(proxy(request)),
  );
}

describe("the redirect URI", () => {
  it.each([
    ["Host", "http://evil.example", { host: "evil.example" }],
    [
      "X-Forwarded-Host",
      "http://127.0.0.1:4000",
      { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-prefix": "/evil" },
    ],
    ["Forwarded", "http://127.0.0.1:4000", { forwarded: "host=evil.example;proto=https" }],
    ["X-Original-URL", "http://127.0.0.1:4000", { "x-original-url": "/evil", "x-rewrite-url": "/evil" }],
  ])("comes from publicUrl, whatever %s a request carries", async (_name, origin, headers) => {
    await using evergrant = await start();
    const browser = browserBehind(evergrant, (request) => {
      const { pathname, search } = new URL(request.url);
      return new Request(`${origin}${pathname}${search}`, { headers: { ...Object.fromEntries(request.headers), ...headers } });
    });
    const { url } = await reachProvider(evergrant, { browser });
    expect(url.searchParams.get("redirect_uri")).toBe("http://127.0.0.1:4000/oauth/callback/sandbox");
    expect((await land(browser, url)).status).toBe(200);
  });

  it("and a form post's answer hold no host that a request brought", async () => {
    await using evergrant = await start();
    const response = await evergrant.app.fetch(
      new Request("http://evil.example/oauth/callback/sandbox", {
        method: "POST",
        body: new URLSearchParams({ state: "x" }),
        headers: { host: "evil.example" },
      }),
    );
    expect(response.headers.get("location")).toBe("http://127.0.0.1:4000/oauth/callback/sandbox?state=x");
  });

  it.each([
    ["takes it off", (url: URL) => url.pathname.replace(/^\/grants/, "")],
    ["leaves it on", (url: URL) => url.pathname],
  ])("has publicUrl's path, behind a proxy that %s", async (_name, pathnameOf) => {
    await using evergrant = await start({ config: () => ({ publicUrl: "http://127.0.0.1:4000/grants" }) });
    const seen: string[] = [];
    const browser = browserBehind(evergrant, (request) => {
      const url = new URL(request.url);
      url.pathname = pathnameOf(url);
      seen.push(url.pathname.replace(/[\w-]{60,}$/, "<sealed>"));
      return new Request(url, request);
    });
    const { link, callback } = await reachCallback(evergrant, { browser });
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:4000\/grants\/connect\/[\w-]+$/);
    expect(`${callback.origin}${callback.pathname}`).toBe("http://127.0.0.1:4000/grants/oauth/callback/sandbox");
    expect((await land(browser, callback)).status).toBe(200);
    const before = pathnameOf(new URL("http://127.0.0.1:4000/grants")) === "" ? "" : "/grants";
    expect(seen).toEqual([`${before}/connect/<sealed>`, `${before}/oauth/callback/sandbox`, `${before}/oauth/done/<sealed>`]);
  });

  it("may be an integration's own path, and then is that and no other", async () => {
    await using evergrant = await start({
      config: (sandbox) => {
        sandbox.registerRedirectUri("http://127.0.0.1:4000/auth/sandbox/done");
        return { providers: { sandbox: { ...sandboxIntegration(sandbox), redirectPath: "/auth/sandbox/done" } } };
      },
    });
    const { browser, callback } = await reachCallback(evergrant);
    expect(callback.pathname).toBe("/auth/sandbox/done");
    for (const pathname of ["/oauth/callback/sandbox", "/oauth/callback/other"]) {
      const elsewhere = new URL(callback);
      elsewhere.pathname = pathname;
      expect(failureOn(await land(browser, elsewhere))).toBe("issuer_mismatch");
    }
    await expectNothingStored(evergrant);
    expect((await land(browser, callback)).status).toBe(200);
    // A path that nobody declared is not public.
    expect((await evergrant.app.request("/auth/sandbox")).status).toBe(401);
  });
});

describe("a response by form post", () => {
  const byFormPost = ({ issuer, authorizationEndpoint, tokenEndpoint, client }: Sandbox) => ({
    providers: {
      sandbox: {
        provider: {
          issuer,
          authorizationEndpoint,
          tokenEndpoint,
          authorizationParameters: { response_mode: "form_post" },
        },
        ...client,
        scopes: ["notes:read"],
      },
    },
  });

  /** The form that the provider's page would post by itself, and the browser before it. */
  async function reachForm(evergrant: Started) {
    // Cross-site, a post carries no Lax cookie.
    const browser = browserBehind(evergrant, (request) => {
      if (request.method === "POST") request.headers.delete("cookie");
      return request;
    });
    const { url } = await reachProvider(evergrant, { browser });
    const { html } = await land(browser, url);
    const fields = [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]);
    const action = /action="([^"]+)"/.exec(html)?.[1] ?? "";
    return { browser, action, form: new URLSearchParams(fields) };
  }

  it("is kept, answered with 303, and finished by the GET that carries the cookie", async () => {
    await using evergrant = await start({ config: byFormPost });
    const { browser, action, form } = await reachForm(evergrant);
    expect([...form.keys()].toSorted()).toEqual(["code", "iss", "state"]);
    const posted = await evergrant.app.fetch(new Request(action, { method: "POST", body: form }));
    const next = posted.headers.get("location") ?? "";
    expect([posted.status, next]).toEqual([303, `${action}?state=${form.get("state")}`]);
    expect(posted.headers.getSetCookie()).toEqual([]);
    await expectNothingStored(evergrant);

    expect(failureOn(await land(evergrant.browser(), next))).toBe("other_browser");
    expect((await land(browser, next)).status).toBe(200);
    expect((await evergrant.api.connections.list.query({})).connections).toHaveLength(1);
  });

  it("posted again is refused, and a second post does not replace the first", async () => {
    await using evergrant = await start({ config: byFormPost });
    const { browser, action, form } = await reachForm(evergrant);
    const post = (body: URLSearchParams) => evergrant.app.fetch(new Request(action, { method: "POST", body }));
    await post(form);
    await post(new URLSearchParams({ ...Object.fromEntries(form), code: "a-code-of-somebody-else" }));
    expect((await land(browser, `${action}?state=${form.get("state")}`)).status).toBe(200);

    const again = await browser.open(action, { method: "POST", body: form });
    expect(again.response?.status).toBe(400);
    expect(await again.response?.text()).toContain("finished before");
    expect(evergrant.sandbox.grants()).toHaveLength(1);
  });

  it.each([
    ["with a state that nobody has", 400, "not started here", (form: URLSearchParams) => form.set("state", "A".repeat(43))],
    ["without a state", 400, "not started here", (form: URLSearchParams) => form.delete("state")],
    ["of a megabyte", 413, "at most 64 KiB", (form: URLSearchParams) => form.set("state", "A".repeat(1_000_000))],
  ])("%s stores nothing and is answered with %i", async (_name, status, said, spoil) => {
    await using evergrant = await start({ config: byFormPost });
    const { browser, action, form } = await reachForm(evergrant);
    spoil(form);
    const { response } = await browser.open(action, { method: "POST", body: form });
    expect([response?.status, await response?.text()]).toEqual([status, expect.stringContaining(said)]);
    await expectNothingStored(evergrant);
  });

  it("that refuses is told like any other, and its words stay out of the URL", async () => {
    await using evergrant = await start({ config: byFormPost });
    const { browser, action, form } = await reachForm(evergrant);
    const refusal = new URLSearchParams({
      state: form.get("state") ?? "",
      iss: evergrant.sandbox.issuer,
      error: "access_denied",
      error_description: "words",
    });
    const { url, response } = await browser.open(action, { method: "POST", body: refusal });
    expect(await response?.text()).toContain("did not give access");
    expect(url.href).not.toMatch(/access_denied|words/);
  });

  it("at another integration's path is refused, and does not spoil the answer to come", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { ...byFormPost(sandbox).providers, other: sandboxIntegration(sandbox) } }),
    });
    const { browser, action, form } = await reachForm(evergrant);
    const astray = action.replace("/sandbox", "/other");
    const { response } = await browser.open(astray, {
      method: "POST",
      body: new URLSearchParams({ state: form.get("state") ?? "", code: "planted" }),
    });
    expect(await response?.text()).toContain("did not come from the service");
    expect((await browser.open(action, { method: "POST", body: form })).response?.status).toBe(200);
  });

  it("leaves a GET with the same parameters as good as ever", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    await evergrant.app.request(callback.pathname, { method: "POST", body: new URLSearchParams({ state: "another" }) });
    expect((await land(browser, altered(callback, { unknown: "parameter" }))).status).toBe(200);
  });
});
