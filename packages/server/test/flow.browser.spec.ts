import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { runsInChromium } from "./chromium.ts";
import { startHosts } from "./hosts.ts";
import { type Started, start } from "./start.ts";
import { type World, appOrigin, consentAs, heading, openWorld, publicUrl } from "./world.ts";

const alice = { integration: "sandbox", subject: "alice" };

describe.skipIf(!runsInChromium)("a flow in a real browser", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    return () => world[Symbol.asyncDispose]();
  });

  async function linkFor(evergrant: Started, input: { subject?: string; openerOrigin?: string } = {}): Promise<string> {
    return (await evergrant.api.connections.authorize.mutate({ ...alice, ...input })).authorizeUrl;
  }

  /** Goes through login and consent, and catches the authorization response before Evergrant sees it. */
  async function catchCallback(evergrant: Started, page: Page): Promise<string> {
    world.hosts.serve("evergrant.test", () => new Response("caught"));
    await consentAs(page, "Alice");
    world.hosts.serve("evergrant.test", (request) => evergrant.app.fetch(request));
    return page.url();
  }

  it("goes from the app to login and consent and back to the app, which confirms it as the person signed in there", async () => {
    await using evergrant = await world.start();
    const page = await world.personAt("alice");
    await page.goto(`${appOrigin}/connect`);
    expect([new URL(page.url()).origin, await heading(page)]).toEqual([evergrant.sandbox.issuer, "Log in to the sandbox"]);
    await page.getByRole("button", { name: "Alice" }).click();
    expect(await heading(page)).toBe("Allow Evergrant to use your account?");
    await page.getByRole("button", { name: "Allow" }).click();

    expect(page.url()).toMatch(/^https:\/\/app\.test\/done\?/);
    const { connections } = await evergrant.api.connections.list.query({});
    expect(connections).toMatchObject([{ subject: "alice", status: "active", account: { id: "alice" } }]);
    expect(await heading(page)).toBe(`Connected for alice: ${connections[0]?.id}`);
    expect(await page.context().cookies(publicUrl)).toMatchObject([
      { name: expect.stringMatching(/^__Host-/), secure: true, httpOnly: true, sameSite: "Lax", domain: "evergrant.test", path: "/" },
    ]);
    // Reloaded, the app confirms again what has been confirmed.
    await page.reload();
    expect(await heading(page)).toBe("This was not yours to confirm");
    expect(await evergrant.api.tokens.get.query(alice)).toMatchObject({ status: "active" });
  });

  it("without scripts, and with a scope unticked: the connection has the rest, and says what is missing", async () => {
    await using evergrant = await world.start();
    const page = await world.personAt("alice", { javaScriptEnabled: false });
    await page.goto(`${appOrigin}/connect?scopes=notes:read%20notes:write`);
    await page.getByRole("button", { name: "Alice" }).click();
    await page.getByRole("checkbox", { name: "notes:write" }).uncheck();
    await page.getByRole("button", { name: "Allow" }).click();

    expect(await heading(page)).toMatch(/^Connected for alice/);
    expect(await evergrant.api.tokens.get.query(alice)).toMatchObject({
      status: "active",
      scopes: expect.not.arrayContaining(["notes:write"]),
    });
    const answer = await evergrant.api.tokens.get.query({ ...alice, requireScopes: ["notes:write"] });
    expect(answer).toMatchObject({ status: "missing_scopes", missingScopes: ["notes:write"] });
  });

  it("on an http loopback ends on a page of Evergrant's own, and needs no confirmation", async () => {
    await using hosts = await startHosts("http");
    const host = `127.0.0.1:${hosts.port}`;
    await using evergrant = await start({ sandbox: { consent: "page" }, config: () => ({ publicUrl: `http://${host}` }) });
    hosts.serve(host, (request) => evergrant.app.fetch(request));
    const page = await (await world.chromium.newContext()).newPage();
    await page.goto(await linkFor(evergrant));
    await consentAs(page, "Alice");
    expect(await heading(page)).toBe("Connected");
    expect(await evergrant.api.tokens.get.query(alice)).toMatchObject({ status: "active" });
  });

  it("denied, goes back to the app or ends on a page, and stores nothing", async () => {
    await using evergrant = await world.start();
    const page = await world.personAt("alice");
    for (const beginning of [`${appOrigin}/connect`, await linkFor(evergrant)]) {
      await page.goto(beginning);
      await page.getByRole("button", { name: "Alice" }).click();
      await page.getByRole("button", { name: "Deny" }).click();
      expect(["failed: access_denied", "Not connected"]).toContain(await heading(page));
    }
    expect(await page.getByRole("main").textContent()).toContain("You did not give access");
    expect(evergrant.sandbox.grants()).toEqual([]);
    expect((await evergrant.api.connections.list.query({})).connections).toEqual([]);
  });

  it("by a link of yesterday ends on a page that says so, and the provider is not asked", async () => {
    await using evergrant = await world.start();
    const page = await world.personAt("alice");
    const link = await linkFor(evergrant);
    evergrant.clock.advance(24 * 3_600_000);
    expect((await page.goto(link))?.status()).toBe(400);
    expect(await page.getByRole("main").textContent()).toContain("This link is too old");
    expect(evergrant.sandbox.counters().authorization).toBe(0);
  });

  it("reloaded, or gone back and forth in, goes on showing how it ended, and is answered once: no history holds the code", async () => {
    await using evergrant = await world.start();
    const page = await world.personAt("alice");
    await page.goto(await linkFor(evergrant));
    await consentAs(page, "Alice");
    expect(await heading(page)).toBe("Almost connected");

    await page.reload();
    expect(await heading(page)).toBe("Almost connected");
    await page.goBack();
    expect(await heading(page)).toBe("This did not work");
    await page.goForward();
    expect(await heading(page)).toBe("Almost connected");
    expect(page.url()).toMatch(/\/oauth\/done\/[\w-]+$/);
    expect(evergrant.sandbox.grants()).toHaveLength(1);
  });

  it("whose callback another browser opens ends there in a page, and is still good in its own", async () => {
    await using evergrant = await world.start();
    const [own, other] = [await world.personAt("alice"), await world.personAt("mallory")];
    await own.goto(`${appOrigin}/connect`);
    const callback = await catchCallback(evergrant, own);

    // A stranger, and then one with a flow of their own under way.
    for (const before of [`${appOrigin}/`, `${appOrigin}/connect`]) {
      await other.goto(before);
      expect((await other.goto(callback))?.status()).toBe(400);
      expect(await other.getByRole("main").textContent()).toContain("started in another browser");
    }
    expect(evergrant.sandbox.grants()).toEqual([]);
    await own.goto(callback);
    expect(await heading(own)).toMatch(/^Connected for alice/);
  });

  it("by somebody else's link leaves nothing readable: the app confirms as whoever is signed in, and that ends it", async () => {
    await using evergrant = await world.start();
    // Mallory asks the app for a link, and sends it to Victor instead of opening it.
    const mallory = await world.personAt("mallory");
    world.hosts.serve("evergrant.test", () => new Response("caught"));
    await mallory.goto(`${appOrigin}/connect`);
    const sent = mallory.url();
    world.hosts.serve("evergrant.test", (request) => evergrant.app.fetch(request));

    const victor = await world.personAt("victor");
    await victor.goto(sent);
    await consentAs(victor, "Bob");
    expect(await heading(victor)).toBe("This was not yours to confirm");
    for (const subject of ["mallory", "victor"]) {
      expect(await evergrant.api.tokens.get.query({ integration: "sandbox", subject })).toMatchObject({ status: "not_connected" });
    }
    expect((await evergrant.api.connections.list.query({})).connections).toEqual([]);
    expect(evergrant.sandbox.livingGrants("bob")).toEqual([]);

    // The same where the sender gets hold of the URL that the victim came back with.
    await mallory.goto(victor.url());
    expect(await heading(mallory)).toBe("This was not yours to confirm");
  });

  it("in a popup tells the opener at its exact origin, and no other opener", async () => {
    await using evergrant = await world.start();
    world.hosts.serve("evil.test", () => new Response("<!doctype html><title>evil</title>", { headers: { "content-type": "text/html" } }));
    const told = async (origin: string) => {
      const page = await world.personAt("alice");
      await page.goto(`${origin}/`);
      const opened = page.waitForEvent("popup");
      await page.evaluate(
        (link) => {
          const messages: unknown[] = [];
          Object.assign(window, { messages });
          addEventListener("message", ({ origin: from, data }) => messages.push({ from, data }));
          window.open(link, "evergrant", "popup");
        },
        await linkFor(evergrant, { openerOrigin: appOrigin }),
      );
      const popup = await opened;
      const closed = popup.waitForEvent("close");
      await consentAs(popup, "Alice");
      await closed;
      // Another message behind it, so that the first has surely come.
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            addEventListener("message", resolve);
            postMessage("last");
          }),
      );
      return page.evaluate(() => Reflect.get(window, "messages") as { from: string; data: { confirmation: string } }[]);
    };
    expect(await told("https://evil.test")).toEqual([{ from: "https://evil.test", data: "last" }]);
    const [message, last] = await told(appOrigin);
    expect(message).toEqual({
      from: publicUrl,
      data: {
        source: "evergrant",
        status: "unconfirmed",
        connection: expect.stringMatching(/^con_/),
        confirmation: expect.stringMatching(/^[\w-]{43}$/),
      },
    });
    expect(last).toMatchObject({ data: "last" });
    const confirmed = evergrant.api.connections.confirm.mutate({ confirmation: message?.data.confirmation ?? "", subject: "alice" });
    expect(await confirmed).toMatchObject({ status: "active" });
  });

  it("whose provider answers by a cross-site form post finds its cookie again", async () => {
    await using evergrant = await world.start(({ issuer, authorizationEndpoint, tokenEndpoint, client }) => ({
      providers: {
        sandbox: {
          provider: { issuer, authorizationEndpoint, tokenEndpoint, authorizationParameters: { response_mode: "form_post" } },
          ...client,
          scopes: ["notes:read"],
        },
      },
    }));
    const posts: (string | null)[] = [];
    world.hosts.serve("evergrant.test", (request) => {
      if (request.method === "POST") posts.push(request.headers.get("cookie"));
      return evergrant.app.fetch(request);
    });
    const page = await world.personAt("alice");
    await page.goto(`${appOrigin}/connect`);
    await consentAs(page, "Alice");
    await page.waitForURL(`${appOrigin}/done?*`);
    expect(await heading(page)).toMatch(/^Connected for alice/);
    expect(posts).toEqual([null]);
  });
});
