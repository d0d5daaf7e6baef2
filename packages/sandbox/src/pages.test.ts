import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { formAction, openBrowser } from "../test/browser.ts";
import { ask, createTestClient, redirectUri, startAutomatic } from "../test/client.ts";

/** A person before the login page. */
async function atLogin(parameters?: Record<string, string>) {
  const sandbox = await startAutomatic({ consent: "page" });
  const client = await createTestClient(sandbox);
  const browser = openBrowser(redirectUri);
  const request = await client.request(parameters);
  return { sandbox, client, browser, ...request, login: await browser.visit(request.url) };
}

describe("login and consent", () => {
  it("lead a person from the app and back, as the account and with the scopes they chose", async () => {
    const { sandbox, browser, login, redeem } = await atLogin({ login_hint: "Ada" });
    await using _ = sandbox;
    expect(login.html).toContain("Log in to the sandbox");
    expect(login.html).toContain('value="Ada"');
    const consent = await browser.visit(formAction(login, 1), [["name", "Ada Lovelace"]]);
    expect(consent.html).toContain("Ada Lovelace");
    for (const words of ["Read your notes", "Write notes in your name", "Stay connected while you are away"])
      expect(consent.html).toContain(words);
    expect([...consent.html.matchAll(/<input[^>]*value="([^"]+)"[^>]*disabled/g)].map(([, scope]) => scope)).toEqual([
      "openid",
      "offline_access",
    ]);

    const back = await browser.visit(formAction(consent), [
      ["scope", "notes:read"],
      ["decision", "allow"],
    ]);
    const tokens = await redeem(back.url);
    expect(tokens.scope?.split(" ").toSorted()).toEqual(["notes:read", "offline_access", "openid"]);
    expect(tokens.refresh_token).toBeTypeOf("string");
    expect(await (await ask(sandbox.accountEndpoint, tokens.access_token)).json()).toMatchObject({
      id: "ada-lovelace",
      name: "Ada Lovelace",
    });
    expect((await ask(sandbox.resourceUrl, tokens.access_token, "Call Bob")).status).toBe(403);
    expect(sandbox.livingGrants()).toMatchObject([{ account: "ada-lovelace", scopes: expect.not.arrayContaining(["notes:write"]) }]);
  });

  it("let a person think again about who they are", async () => {
    const { sandbox, browser, login } = await atLogin();
    await using _ = sandbox;
    const asAlice = await browser.visit(formAction(login), [["name", "alice"]]);
    const again = await browser.visit(new URL(/href="([^"]+account=another)"/.exec(asAlice.html)?.[1] ?? "", asAlice.url).href);
    expect(again.html).toContain("Log in to the sandbox");
    expect((await browser.visit(formAction(again), [["name", "bob"]])).html).toContain("<strong>Bob</strong>");
  });

  it.each([
    ["Deny", [["decision", "deny"]]],
    ["nothing ticked", [["decision", "allow"]]],
  ] as [string, [string, string][]][])("%s ends in access_denied, and nothing is connected", async (_name, form) => {
    const { sandbox, browser, login, state } = await atLogin({ scope: "notes:read offline_access" });
    await using _ = sandbox;
    const consent = await browser.visit(formAction(login), [["name", "alice"]]);
    const { searchParams } = (await browser.visit(formAction(consent), form)).url;
    expect([searchParams.get("error"), searchParams.get("state"), searchParams.get("iss")]).toEqual([
      "access_denied",
      state,
      sandbox.issuer,
    ]);
    expect(sandbox.livingGrants()).toEqual([]);
  });

  it("belong to the browser that began, and come with a strict policy and escaped words", async () => {
    const { sandbox, browser, login } = await atLogin({ login_hint: '"><script>alert(1)</script>' });
    await using _ = sandbox;
    expect(login.html).not.toContain("<script>");
    expect(login.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; form-action http: https:; base-uri 'none'/,
    );
    const style = /<style>(.*)<\/style>/s.exec(login.html)?.[1] ?? "";
    expect(login.headers.get("content-security-policy")).toContain(`'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    expect(login.headers.get("cache-control")).toBe("no-store");
    const stranger = await openBrowser(redirectUri).visit(login.url.href);
    expect([stranger.status, stranger.html]).toEqual([400, expect.stringContaining("Go back to the app and start again")]);
    const early = await browser.visit(`${login.url.href}/consent`, [["decision", "allow"]]);
    expect(early.html).toContain("Log in to the sandbox");
  });
});

describe("connected apps", () => {
  it("lists what has access, and ends it at the press of a button, but not of another site's", async () => {
    await using sandbox = await startAutomatic();
    const { connect, refresh } = await createTestClient(sandbox);
    const { refresh_token } = await connect({ scope: "notes:read offline_access" });
    const browser = openBrowser(redirectUri);
    const page = await browser.visit(sandbox.issuer);
    expect(page.html).toContain("notes:read, offline_access");

    const remove = formAction(page);
    expect((await fetch(remove, { method: "POST", headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    expect(await sandbox.isAlive(refresh_token ?? "")).toBe(true);
    expect((await browser.visit(remove, [])).html).toContain("Nothing is connected.");
    await expect(refresh(refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
  });
});
