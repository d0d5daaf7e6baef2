import { describe, expect, it } from "vitest";
import { adoptDeployment } from "../src/deployment-store.ts";
import { parseEncryptionKeys } from "../src/encryption-keys.ts";
import { KeyServiceError } from "../src/vault-error.ts";
import { openBrowser } from "./browser.ts";
import { altered, appOrigin, expectNothingStored, failureOn, land, landWith, reachCallback, wholeFlow } from "./flow.ts";
import { type Started, sandboxIntegration, start, testKeys } from "./start.ts";

const cookieOf = ({ publicUrl }: Started, browser: { cookies(host: string): string }) => browser.cookies(new URL(publicUrl).host);

describe("a flow that ends on a page of this server's own", () => {
  it("leaves the authorization response behind: neither address nor page names the code or the state", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const answer = await evergrant.app.fetch(new Request(callback, { headers: { cookie: cookieOf(evergrant, browser) } }));
    expect([answer.status, await answer.text()]).toEqual([303, ""]);

    const location = answer.headers.get("location") ?? "";
    const landing = await land(browser, location);
    expect([landing.status, landing.url.href]).toEqual([200, location]);
    for (const name of ["code", "state", "iss"]) {
      const value = callback.searchParams.get(name) ?? "";
      expect(value).not.toBe("");
      expect(`${location} ${landing.html}`).not.toContain(value);
    }
  });

  it("shows it again when it is loaded again, for five minutes", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const { url, html } = await land(browser, callback);
    expect((await land(browser, url)).html).toBe(html);
    evergrant.clock.advance(300_000);
    expect(failureOn(await land(browser, url))).toBe("request_used");
    expect(evergrant.sandbox.grants()).toHaveLength(1);
  });

  it("shows it to no other browser, since the opener's message may hold a confirmation", async () => {
    await using evergrant = await start({ config: () => ({ publicUrl: "https://evergrant.test", returnOrigins: [appOrigin] }) });
    const { browser, callback } = await reachCallback(evergrant, { openerOrigin: appOrigin });
    const { url, html } = await land(browser, callback);
    expect(html).toContain("confirmation");
    for (const stranger of [await land(evergrant.browser(), url), await landWith(evergrant.app, url, "__Host-evergrant-flow=x")]) {
      expect([stranger.status, failureOn(stranger)]).toEqual([400, "request_used"]);
      expect(stranger.html).not.toContain("confirmation");
    }
  });

  it("takes nothing else that is sealed for it, and nothing altered", async () => {
    await using evergrant = await start();
    const { browser, callback, link } = await reachCallback(evergrant);
    const { url } = await land(browser, callback);
    const sealed = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
    const swapped = `${sealed.slice(0, 60)}${sealed[60] === "A" ? "B" : "A"}${sealed.slice(61)}`;
    for (const text of [link.slice(link.lastIndexOf("/") + 1), swapped, sealed.slice(1), `${sealed}A`, "x"]) {
      expect(failureOn(await land(browser, `${evergrant.publicUrl}/oauth/done/${text}`))).toBe("request_used");
    }
    expect(failureOn(await land(browser, `${evergrant.publicUrl}/connect/${sealed}`))).toBe("link_invalid");
  });

  it("so does one that failed", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const landing = await land(browser, altered(callback, { code: null, error: "access_denied" }));
    expect([landing.status, failureOn(landing)]).toEqual([400, "access_denied"]);
    expect(landing.url.search).toBe("");
  });
});

describe("an authorization response with a parameter given twice", () => {
  it.each(["code", "iss", "scope", "anything"])("%s: is refused before a code is sent (RFC 6749 §3.1)", async (name) => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const value = callback.searchParams.get(name) ?? "x";
    callback.searchParams.delete(name);
    callback.searchParams.append(name, value);
    callback.searchParams.append(name, value);
    expect(failureOn(await land(browser, callback))).toBe("response_invalid");
    await expectNothingStored(evergrant);
  });

  it("is refused as a form post too", async () => {
    await using evergrant = await start();
    const { browser, callback } = await reachCallback(evergrant);
    const body = new URLSearchParams(callback.search);
    body.append("code", "another");
    const { response } = await browser.open(`${callback.origin}${callback.pathname}`, { method: "POST", body });
    expect(await response?.text()).toContain("malformed");
    await expectNothingStored(evergrant);
  });
});

describe("iss", () => {
  it("must come where the provider's facts say that it does (RFC 9207 §2.4), and may be missing elsewhere", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({
        providers: {
          sandbox: sandboxIntegration(sandbox),
          silent: {
            ...sandbox.client,
            scopes: ["notes:read"],
            provider: {
              issuer: sandbox.issuer,
              authorizationEndpoint: sandbox.authorizationEndpoint,
              tokenEndpoint: sandbox.tokenEndpoint,
            },
          },
        },
      }),
    });
    const demanded = await reachCallback(evergrant);
    expect(failureOn(await land(demanded.browser, altered(demanded.callback, { iss: null })))).toBe("issuer_mismatch");
    const silent = await reachCallback(evergrant, { integration: "silent" });
    expect((await land(silent.browser, altered(silent.callback, { iss: null }))).status).toBe(200);
  });
});

describe("while the key service is away", () => {
  it("a connect link and a callback say that it will pass, use nothing up, and go on when it is back", async () => {
    const [key] = parseEncryptionKeys(testKeys);
    if (key === undefined) throw new Error("there is no key");
    let away = false;
    const unwrap: typeof key.unwrap = async (...wrapped) => {
      if (away) throw new KeyServiceError("away for this test");
      return key.unwrap(...wrapped);
    };
    await using evergrant = await start({ app: { keys: [{ ...key, unwrap }] } });
    const { browser, callback, link } = await reachCallback(evergrant);
    const before = await reachCallback(evergrant, { browser });
    const ended = await land(browser, before.callback);
    away = true;
    const fresh = await evergrant.another();
    const cookie = cookieOf(evergrant, browser);
    for (const url of [link, callback]) {
      const landing = await landWith(fresh, url, cookie);
      expect([landing.status, failureOn(landing), landing.url.href]).toEqual([503, "temporarily_unavailable", String(url)]);
    }
    const shown = await landWith(fresh, ended.url, cookie);
    expect([shown.status, failureOn(shown)]).toEqual([503, "temporarily_unavailable"]);
    // What is no link of this server's is none now either.
    expect(failureOn(await landWith(fresh, `${evergrant.publicUrl}/connect/${"A".repeat(200)}`, cookie))).toBe("link_invalid");

    away = false;
    evergrant.clock.advance(20_000);
    expect((await landWith(fresh, callback, cookie)).status).toBe(200);
    await fresh.close();
  });
});

describe("on a copied database that nobody has adopted", () => {
  it("a flow that fails revokes nothing: what came waits until somebody has", async () => {
    await using evergrant = await start({
      config: (sandbox) => ({ providers: { sandbox: { ...sandboxIntegration(sandbox), scopes: ["openid"] } } }),
    });
    await adoptDeployment(evergrant.database, "https://production.example", evergrant.clock.now());
    const copy = await evergrant.another();
    const browser = openBrowser((request) => (request.url.startsWith(evergrant.publicUrl) ? copy.fetch(request) : fetch(request)));
    evergrant.sandbox.faults.add({ on: "code", kind: "id-token", lie: "wrong-nonce" });
    expect(failureOn(await wholeFlow(evergrant, { browser }))).toBe("id_token_invalid");
    expect(evergrant.sandbox.livingGrants()).toHaveLength(1);
    expect(evergrant.sandbox.counters().revocation).toBe(0);
    await copy.close();

    await adoptDeployment(evergrant.database, evergrant.publicUrl, evergrant.clock.now());
    const adopted = await evergrant.another();
    evergrant.clock.advance(3_600_000);
    await adopted.refreshDue({ limit: 10, deadlineMs: 5_000 });
    expect(evergrant.sandbox.livingGrants()).toEqual([]);
    await adopted.close();
  });
});
